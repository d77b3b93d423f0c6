using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Files;

/// <summary>Paths that come from users and files.</summary>
public static class FilePath
{
    /// <summary>Refuses a text that no system takes for a path.</summary>
    /// <exception cref="InvalidFileException">It is empty or holds a NUL character.</exception>
    public static void Require(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0) throw new InvalidFileException("(no name)", "is no path: it is empty.");
        if (path.Contains('\0', StringComparison.Ordinal)) throw new InvalidFileException(path, "is no path: it holds a NUL character.");
    }

    /// <summary>The folder that the paths in a file begin in: its own, or the working folder for what comes through a pipe.</summary>
    /// <exception cref="InvalidFileException">The text is no path.</exception>
    public static string FolderOf(string path) =>
        FileFacts.Of(path).Kind == FileKind.Special ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(path)) ?? path;
}
