using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Files;

/// <summary>What lies at a path.</summary>
public enum FileKind
{
    /// <summary>Nothing.</summary>
    Missing,

    /// <summary>A regular file.</summary>
    Regular,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A pipe, a device or a socket: it has no length, and reading it may wait for ever.</summary>
    Special,
}

/// <summary>What the system says of a path, links followed.</summary>
/// <param name="Kind">What lies there.</param>
/// <param name="Length">Bytes; 0 for what is no regular file.</param>
/// <param name="Modified">When its content was written last, in the file system's own count.</param>
/// <param name="Identity">
/// What every name of the same file has in common: on Linux device and number, so that hard links are seen; elsewhere the path without links,
/// in upper case where the system's names are without case.
/// </param>
public readonly record struct FileFacts(FileKind Kind, long Length, Int128 Modified, string Identity)
{
    /// <summary>Asks the system about a path.</summary>
    /// <exception cref="InvalidFileException">The text is no path.</exception>
    public static FileFacts Of(string path)
    {
        FilePath.Require(path);
        return OperatingSystem.IsLinux() && LinuxFile.FactsOf(path) is { } facts ? facts : OfAnySystem(path);
    }

    private static FileFacts OfAnySystem(string path)
    {
        string real = RealPath.Of(path);
        string identity = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? real.ToUpperInvariant() : real;
        if (Directory.Exists(real)) return new(FileKind.Folder, 0, 0, identity);
        FileInfo file = new(real);
        return file.Exists ? new(FileKind.Regular, file.Length, file.LastWriteTimeUtc.Ticks, identity) : new(FileKind.Missing, 0, 0, identity);
    }
}
