namespace SafeDiffusion.Cli.Commands;

/// <summary>Prompts made from a concept's words, for those who bring none.</summary>
internal static class ConceptPrompts
{
    private static readonly string[] _forms = ["{0}", "a photo of {0}", "a drawing of {0}", "{0} on a white background", "{0} on a black background", "a picture of {0}"];
    private static readonly string[] _ordinary = ["", "a house", "a tree", "a blue circle", "a yellow square", "a table with a cup", "a landscape", "a portrait"];

    /// <summary>Prompts that draw the concept, alone and beside something else.</summary>
    public static string[] Of(string concept) =>
    [
        .. In(WithArticle(concept)),
        .. _ordinary.Skip(1).SelectMany(other => new[] { $"{WithArticle(concept)} and {other}", $"{other} and {WithArticle(concept)}" }),
    ];

    /// <summary>Prompts that name parts of the concept, one word left out, and ordinary things.</summary>
    public static string[] NearMisses(string concept)
    {
        string[] words = concept.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> parts = words.Length < 2 ? [] : words.Select((_, left) => string.Join(' ', words.Where((_, i) => i != left)));
        return [.. parts.SelectMany(part => In(WithArticle(part))), .. _ordinary, .. _ordinary.Skip(1).SelectMany(In)];
    }

    private static IEnumerable<string> In(string thing) => _forms.Select(form => string.Format(System.Globalization.CultureInfo.InvariantCulture, form, thing));

    private static string WithArticle(string thing) => ("aeiou".Contains(char.ToLowerInvariant(thing[0])) ? "an " : "a ") + thing;
}
