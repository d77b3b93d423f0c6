using System.Text.RegularExpressions;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Floors;

/// <summary>A C# file of <c>src</c>: where it stands, what it declares and what it names.</summary>
/// <param name="Path">Its path from the repository's root, with slashes.</param>
/// <param name="Namespace">The namespace that it declares; empty where it has none.</param>
/// <param name="Usings">The namespaces and types that its <c>using</c>s name.</param>
/// <param name="Types">The types that it declares.</param>
/// <param name="Names">The names that begin with a capital letter, with what follows after dots, in its code; not in comments and texts.</param>
internal sealed partial record SourceFile(string Path, string Namespace, string[] Usings, HashSet<string> Types, HashSet<string> Names)
{
    /// <summary>The files of all projects of <c>src</c>, without what a build makes.</summary>
    public static SourceFile[] All { get; } = [.. Directory.EnumerateFiles(System.IO.Path.Combine(Fixture.Root, "src"), "*.cs", SearchOption.AllDirectories)
        .Select(path => System.IO.Path.GetRelativePath(Fixture.Root, path).Replace('\\', '/'))
        .Where(path => !Made().IsMatch(path))
        .Order(StringComparer.Ordinal)
        .Select(Read)];

    /// <summary>The project's name, that of its folder.</summary>
    public string Project => Path.Split('/')[1];

    /// <summary>The folder within <c>src</c>, as a namespace is written: <c>SafeDiffusion.Model.UNet</c>.</summary>
    public string Folder => Path[(Path.IndexOf('/', StringComparison.Ordinal) + 1)..Path.LastIndexOf('/')].Replace('/', '.');

    private static SourceFile Read(string path)
    {
        string code = CommentOrText().Replace(File.ReadAllText(System.IO.Path.Combine(Fixture.Root, path)), " ");
        string body = Using().Replace(code, " ");
        return new(
            path,
            NamespaceOf().Match(code).Groups[1].Value,
            [.. Using().Matches(code).Select(match => match.Groups[1].Value)],
            [.. Declared().Matches(body).Select(match => match.Groups[1].Value)],
            [.. Named().Matches(body).Select(match => match.Value)]);
    }

    [GeneratedRegex(@"/(?:bin|obj)/")]
    private static partial Regex Made();

    [GeneratedRegex("""//.*|/\*[\s\S]*?\*/|"{3}[\s\S]*?"{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""")]
    private static partial Regex CommentOrText();

    [GeneratedRegex(@"^\s*(?:global\s+)?using\s+(?:static\s+)?(?:\w+\s*=\s*)?([A-Z][\w.]*)\s*;", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"^\s*namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceOf();

    [GeneratedRegex(@"\b(?:class|record struct|record class|record|struct|interface|enum)\s+([A-Z]\w*)")]
    private static partial Regex Declared();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*(?:\.[A-Z]\w*)*")]
    private static partial Regex Named();
}
