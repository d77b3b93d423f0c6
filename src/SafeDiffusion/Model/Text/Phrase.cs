namespace SafeDiffusion.Model.Text;

/// <summary>A thing as prompts say it: with an article, unless it has one or is a plural.</summary>
public static class Phrase
{
    private static readonly string[] _articles = ["a ", "an ", "the "];

    /// <summary>The thing's words without an article, in small letters: <c>red triangle</c>.</summary>
    public static string Bare(string thing)
    {
        ArgumentNullException.ThrowIfNull(thing);
        string words = string.Join(' ', Words(thing)).ToLowerInvariant();
        string? article = _articles.FirstOrDefault(article => words.StartsWith(article, StringComparison.Ordinal));
        return article is null ? words : words[article.Length..];
    }

    /// <summary>The thing with an article, as it is where it has one: <c>a red triangle</c>. A single word that ends in s, but not in ss, counts as a plural.</summary>
    public static string WithArticle(string thing)
    {
        ArgumentNullException.ThrowIfNull(thing);
        string words = string.Join(' ', Words(thing));
        bool hasOne = _articles.Any(article => words.StartsWith(article, StringComparison.OrdinalIgnoreCase));
        if (hasOne || words.Length == 0 || IsPlural(words)) return words;
        return ("aeiou".Contains(char.ToLowerInvariant(words[0]), StringComparison.Ordinal) ? "an " : "a ") + words;
    }

    /// <summary>A text's words.</summary>
    public static string[] Words(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool IsPlural(string words) => words.EndsWith('s') && !words.EndsWith("ss", StringComparison.Ordinal);
}
