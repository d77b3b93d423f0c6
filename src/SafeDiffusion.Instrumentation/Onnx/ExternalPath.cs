namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>Judges where an external-data path leads.</summary>
internal static class ExternalPath
{
    /// <summary>What is wrong with a path, as a clause; null where it stays in the folder.</summary>
    /// <param name="folder">The model's folder, without links.</param>
    /// <param name="location">The path that the model gives.</param>
    public static string? Fault(string folder, string location)
    {
        if (location.Any(char.IsControl))
            return "is not a usable path";
        if (IsAbsolute(location))
            return "is an absolute path, and must stay inside the model's folder";
        if (location.Split('/', '\\').Contains(".."))
            return "lies outside the model's folder";
        return IsInside(folder, RealPath.Of(Path.Combine(folder, location))) ? null : "leads outside the model's folder through a link";
    }

    /// <summary>Absolute on any system, whichever this one is: <c>/x</c>, <c>\x</c>, <c>C:\x</c>, <c>C:x</c>.</summary>
    private static bool IsAbsolute(string location) =>
        location[0] is '/' or '\\' || location.Length > 1 && location[1] == ':' && char.IsAsciiLetter(location[0]);

    private static bool IsInside(string folder, string path) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
