using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Files;

/// <summary>A path with every link on the way resolved.</summary>
public static class RealPath
{
    private const int MostLinks = 40;

    /// <summary>A path with every link in it followed.</summary>
    public static string Of(string path)
    {
        string full = Path.GetFullPath(path);
        for (int links = 0; links < MostLinks; links++)
        {
            if (FirstLink(full) is not { } resolved)
                return full;
            full = resolved;
        }
        throw new InvalidFileException(path, "leads through a circle of links");
    }

    /// <summary>The path with its first link replaced by the link's target; null where there is none.</summary>
    private static string? FirstLink(string full)
    {
        string root = Path.GetPathRoot(full)!;
        string[] parts = full[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        string walked = root;
        for (int i = 0; i < parts.Length; i++)
        {
            string next = Path.Combine(walked, parts[i]);
            if (new FileInfo(next).LinkTarget is { } target)
                return Path.GetFullPath(Path.Combine([walked, target, .. parts[(i + 1)..]]));
            walked = next;
        }
        return null;
    }
}
