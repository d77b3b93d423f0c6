namespace SafeDiffusion.Model.Text;

/// <summary>A thing as prompts say it: with an article, unless it has one or is a plural.</summary>
public static class Phrase
{
    /// <summary>The thing's words without an article, in small letters: <c>red triangle</c>.</summary>
    public static string Bare(string thing)
    {
        ArgumentNullException.ThrowIfNull(thing);
        return WithoutArticle(string.Join(' ', Words(thing))).ToLowerInvariant();
    }

    /// <summary>The thing with an article, as it is where it has one: <c>a red triangle</c>. A single word that ends in s, but not in ss, counts as a plural.</summary>
    public static string WithArticle(string thing)
    {
        ArgumentNullException.ThrowIfNull(thing);
        string words = string.Join(' ', Words(thing));
        if (WithoutArticle(words).Length < words.Length || words.Length == 0 || IsPlural(words)) return words;
        return ("aeiou".Contains(char.ToLowerInvariant(words[0]), StringComparison.Ordinal) ? "an " : "a ") + words;
    }

    /// <summary>The thing without the article that it begins with, its letters as they are.</summary>
    internal static string WithoutArticle(string thing)
    {
        string trimmed = thing.Trim();
        int space = trimmed.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && trimmed[..space].ToLowerInvariant() is "a" or "an" or "the" ? trimmed[(space + 1)..].TrimStart() : trimmed;
    }

    /// <summary>A text's words.</summary>
    public static string[] Words(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool IsPlural(string words) => words.EndsWith('s') && !words.EndsWith("ss", StringComparison.Ordinal);
}
