using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Files;

/// <summary>A path with every link on the way resolved.</summary>
public static class RealPath
{
    private const int MostLinks = 40;

    private static readonly char[] _separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];

    /// <summary>A path with every link in it followed, name by name as the system does: <c>..</c> in a link leads up from where the link leads.</summary>
    /// <exception cref="InvalidFileException">The text is no path, or leads through a circle of links.</exception>
    public static string Of(string path)
    {
        FilePath.Require(path);
        string full = Path.GetFullPath(path);
        string walked = Path.GetPathRoot(full)!;
        Stack<string> ahead = [];
        Push(ahead, full[walked.Length..]);
        for (int links = 0; ahead.TryPop(out string? name);)
        {
            if (name == ".") continue;
            string next = name == ".." ? Path.GetDirectoryName(walked) ?? walked : Path.Combine(walked, name);
            string? target = name == ".." ? null : new FileInfo(next).LinkTarget;
            if (target is null)
            {
                walked = next;
                continue;
            }
            if (++links > MostLinks) throw new InvalidFileException(path, "leads through a circle of links");
            string root = Path.GetPathRoot(target)!;
            if (root.Length > 0) walked = Path.GetFullPath(root);
            Push(ahead, target[root.Length..]);
        }
        return walked;
    }

    private static void Push(Stack<string> ahead, string names)
    {
        foreach (string name in names.Split(_separators, StringSplitOptions.RemoveEmptyEntries).Reverse()) ahead.Push(name);
    }
}
