using System.ComponentModel;
using System.Runtime.InteropServices;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Model.Loading;

/// <summary>A second name of a file: it shares the weights, and yet lies inside its own folder, unlike a symbolic link.</summary>
internal static partial class HardLink
{
    /// <exception cref="InvalidFileException">The link cannot be made, as between two drives.</exception>
    public static void Create(string source, string link)
    {
        bool isMade = OperatingSystem.IsWindows() ? CreateHardLink(link, source, 0) : Link(source, link) == 0;
        if (isMade) return;
        string reason = new Win32Exception(Marshal.GetLastPInvokeError()).Message;
        throw new InvalidFileException(link, $"cannot share the file {source} ({reason}). Copy the weights instead (--copy-weights).");
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string source, string link);

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string link, string source, nint attributes);
}
