using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>Paths in a suite: relative to its folder, with forward slashes, and never out of it, since suites come from anywhere.</summary>
internal static class SuitePath
{
    /// <summary>The full path of a file or folder that a suite names.</summary>
    /// <param name="folder">The suite's folder.</param>
    /// <param name="path">The path as the suite writes it.</param>
    /// <param name="field">The field's path in the suite.</param>
    /// <exception cref="InvalidSuiteException">The path is empty, absolute, or leaves the folder, be it through a link.</exception>
    public static string Resolve(string folder, string path, string field)
    {
        if (string.IsNullOrWhiteSpace(path)) throw new InvalidSuiteException(field, "is empty.");
        if (path.Any(char.IsControl)) throw new InvalidSuiteException(field, $"is '{path}', which is no usable path.");
        bool isAbsolute = Path.IsPathRooted(path) || path.Contains(':', StringComparison.Ordinal) || path.StartsWith('\\');
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(root, path.Replace('\\', '/'))));
        if (isAbsolute || !IsInside(root, full)) throw new InvalidSuiteException(field, $"is '{path}', which leaves the suite's folder. Put the file below it.");
        if (IsInside(RealPath.Of(root), RealPath.Of(full))) return full;
        throw new InvalidSuiteException(field, $"is '{path}', which leaves the suite's folder through a link. {Advice(field)}");
    }

    private static bool IsInside(string root, string path) =>
        path == root || path.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static string Advice(string field) => field == "model" ? "Leave it out, and name the model when you run the suite (--model)." : "Put the file itself there.";
}
