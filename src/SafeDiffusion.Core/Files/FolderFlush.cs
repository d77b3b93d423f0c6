using System.Runtime.InteropServices;

namespace SafeDiffusion.Core.Files;

/// <summary>Flushes a folder's list of names to the disk: without it, a file that was moved into place may be gone after a power cut.</summary>
internal static partial class FolderFlush
{
    /// <summary>Flushes as far as the system can: Windows has no such call, and some file systems take none.</summary>
    public static void ToDisk(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        const int ReadOnly = 0;
        int descriptor = Open(folder, ReadOnly);
        if (descriptor < 0) return;
        _ = Flush(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
