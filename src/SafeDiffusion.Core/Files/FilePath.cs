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
}
