namespace SafeDiffusion.Evaluation.Suites;

/// <summary>Paths in a suite: relative to its folder, with forward slashes, and never out of it, since suites come from anywhere.</summary>
internal static class SuitePath
{
    /// <summary>The full path of a file or folder that a suite names.</summary>
    /// <param name="folder">The suite's folder.</param>
    /// <param name="path">The path as the suite writes it.</param>
    /// <param name="field">The field's path in the suite.</param>
    /// <exception cref="InvalidSuiteException">The path is empty, absolute, or leaves the folder.</exception>
    public static string Resolve(string folder, string path, string field)
    {
        if (string.IsNullOrWhiteSpace(path)) throw new InvalidSuiteException(field, "is empty.");
        bool isAbsolute = Path.IsPathRooted(path) || path.Contains(':', StringComparison.Ordinal) || path.StartsWith('\\');
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(root, path.Replace('\\', '/'))));
        bool isInside = full == root || full.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal);
        if (isAbsolute || !isInside) throw new InvalidSuiteException(field, $"is '{path}', which leaves the suite's folder. Put the file below it.");
        return full;
    }
}
