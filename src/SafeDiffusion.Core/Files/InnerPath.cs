namespace SafeDiffusion.Core.Files;

/// <summary>Judges where a path leads that a file names: it must stay inside a folder, that of the file.</summary>
public static class InnerPath
{
    /// <summary>What is wrong with a path, as a clause; null where it stays in the folder.</summary>
    /// <param name="folder">The folder, without links (<see cref="RealPath"/>).</param>
    /// <param name="path">The path, relative to the folder.</param>
    /// <param name="owner">Whose folder it is, such as "the model".</param>
    public static string? Fault(string folder, string path, string owner)
    {
        if (Fault(path, owner) is { } fault)
            return fault;
        return IsInside(folder, RealPath.Of(Path.Combine(folder, path))) ? null : $"leads outside {owner}'s folder through a link";
    }

    /// <summary>What is wrong with a path's text, as a clause; null where only a link could lead it out of its folder.</summary>
    /// <param name="path">The path, relative to the folder.</param>
    /// <param name="owner">Whose folder it is, such as "the model".</param>
    public static string? Fault(string path, string owner)
    {
        if (path.Length == 0 || path.Any(char.IsControl))
            return "is not a usable path";
        if (IsAbsolute(path))
            return $"is an absolute path, and must stay inside {owner}'s folder";
        return path.Split('/', '\\').Contains("..") ? $"lies outside {owner}'s folder" : null;
    }

    /// <summary>Absolute on any system, whichever this one is: <c>/x</c>, <c>\x</c>, <c>C:\x</c>, <c>C:x</c>.</summary>
    private static bool IsAbsolute(string path) =>
        path[0] is '/' or '\\' || path.Length > 1 && path[1] == ':' && char.IsAsciiLetter(path[0]);

    private static bool IsInside(string folder, string path) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
