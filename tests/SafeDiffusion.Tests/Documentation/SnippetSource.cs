using SafeDiffusion.Fixtures;

namespace Documentation;

/// <summary>The marked blocks of the source files in the test projects' folders of this name: <c>// snippet: name</c> to <c>// end</c>.</summary>
/// <param name="Snippets">The blocks by name, without their indentation.</param>
/// <param name="Usings">The using directives of the files.</param>
internal sealed record SnippetSource(IReadOnlyDictionary<string, string> Snippets, IReadOnlySet<string> Usings)
{
    private const string Begin = "// snippet: ";
    private const string End = "// end";

    public static SnippetSource Load()
    {
        Dictionary<string, string> snippets = [];
        HashSet<string> usings = [];
        IEnumerable<string> folders = Directory.EnumerateDirectories(Path.Combine(Fixture.Root, "tests")).Select(project => Path.Combine(project, "Documentation")).Where(Directory.Exists);
        foreach (string file in folders.SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs")))
        {
            string[] lines = File.ReadAllLines(file);
            usings.UnionWith(lines.Where(IsUsing));
            for (int start = 0; start < lines.Length; start++)
            {
                string line = lines[start].TrimStart();
                if (!line.StartsWith(Begin, StringComparison.Ordinal)) continue;
                int indentation = lines[start].Length - line.Length;
                IEnumerable<string> block = lines.Skip(start + 1).TakeWhile(inner => inner.Trim() != End);
                snippets.Add(line[Begin.Length..], string.Join('\n', block.Select(inner => inner[Math.Min(indentation, inner.Length)..])));
            }
        }
        return new SnippetSource(snippets, usings);
    }

    /// <summary>A page's block without the using directives that lead it, each of which the files here must have too.</summary>
    public string WithoutUsings(string block)
    {
        string[] lines = block.Split('\n');
        Assert.All(lines.TakeWhile(IsUsing), line => Assert.Contains(line, Usings));
        return string.Join('\n', lines.SkipWhile(line => IsUsing(line) || line.Length == 0));
    }

    private static bool IsUsing(string line) =>
        line.StartsWith("using ", StringComparison.Ordinal) && line.EndsWith(';') && !line.Contains('=', StringComparison.Ordinal);
}
