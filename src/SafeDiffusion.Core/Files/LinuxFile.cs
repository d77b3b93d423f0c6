using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SafeDiffusion.Core.Files;

/// <summary>What Linux says of a file beyond what .NET asks for.</summary>
internal static partial class LinuxFile
{
    /// <summary>By statx, whose answer has the same layout on every processor; null where the C library does not have it.</summary>
    public static FileFacts? FactsOf(string path)
    {
        const int CurrentFolder = -100;
        const uint BasicFields = 0x7ff;
        const int NoSuchFile = 2, NotAFolder = 20;
        Span<byte> answer = stackalloc byte[256];
        try
        {
            if (Statx(CurrentFolder, path, 0, BasicFields, ref MemoryMarshal.GetReference(answer)) != 0)
            {
                return Marshal.GetLastPInvokeError() is NoSuchFile or NotAFolder ? new(FileKind.Missing, 0, 0, RealPath.Of(path)) : null;
            }
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
        FileKind kind = (BinaryPrimitives.ReadUInt16LittleEndian(answer[28..]) & 0xf000) switch { 0x8000 => FileKind.Regular, 0x4000 => FileKind.Folder, _ => FileKind.Special };
        long number = BinaryPrimitives.ReadInt64LittleEndian(answer[32..]);
        long length = kind == FileKind.Regular ? BinaryPrimitives.ReadInt64LittleEndian(answer[40..]) : 0;
        Int128 modified = (Int128)BinaryPrimitives.ReadInt64LittleEndian(answer[112..]) * 1_000_000_000 + BinaryPrimitives.ReadUInt32LittleEndian(answer[120..]);
        (uint major, uint minor) = (BinaryPrimitives.ReadUInt32LittleEndian(answer[136..]), BinaryPrimitives.ReadUInt32LittleEndian(answer[140..]));
        return new(kind, length, modified, $"{major}:{minor}:{number}");
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte answer);
}
