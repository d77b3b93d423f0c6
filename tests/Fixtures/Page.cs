namespace SafeDiffusion.Fixtures;

/// <summary>A page of the documentation.</summary>
/// <param name="Name">Its path in the repository, with forward slashes.</param>
/// <param name="Text">Its text.</param>
internal sealed record Page(string Name, string Text)
{
    /// <summary>README.md and the pages of docs.</summary>
    public static IReadOnlyList<Page> All { get; } =
    [
        Read("README.md"),
        .. Directory.EnumerateFiles(Path.Combine(Fixture.Root, "docs"), "*.md").Order(StringComparer.Ordinal)
            .Select(file => Read($"docs/{Path.GetFileName(file)}")),
    ];

    /// <summary>The policies on the pages: the JSON of all but the report's and the evaluation's, which have tests of their own.</summary>
    public static IEnumerable<string> Policies => All
        .Where(page => page.Name != "docs/report.md" && !page.Name.StartsWith("docs/evaluation", StringComparison.Ordinal)).SelectMany(page => page.Blocks("json"));

    /// <summary>Reads a page.</summary>
    public static Page Read(string name) => new(name, File.ReadAllText(Path.Combine(Fixture.Root, name)).ReplaceLineEndings("\n"));

    /// <summary>The contents of the blocks that are fenced with a language.</summary>
    public IEnumerable<string> Blocks(string language)
    {
        List<string>? block = null;
        foreach (string line in Text.Split('\n'))
        {
            if (block is null)
            {
                if (line == $"```{language}") block = [];
            }
            else if (line == "```")
            {
                yield return string.Join('\n', block);
                block = null;
            }
            else
            {
                block.Add(line);
            }
        }
        Assert.True(block is null, $"{Name} has a block without an end.");
    }

    /// <summary>The text below a heading of the second level, up to the next one.</summary>
    public string Section(string heading)
    {
        int start = Text.IndexOf($"\n## {heading}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"{Name} has no section \"{heading}\".");
        int end = Text.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        return end < 0 ? Text[start..] : Text[start..end];
    }

    /// <summary>The names in backticks that stand in the first column of a text's tables.</summary>
    public static IReadOnlyList<string> TableNames(string text) =>
    [
        .. text.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(line => line.Split('|')[1].Split(',')).Select(name => name.Trim().Trim('`')),
    ];

    public override string ToString() => Name;
}
