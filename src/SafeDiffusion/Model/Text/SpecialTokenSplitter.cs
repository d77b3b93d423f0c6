using System.Text.RegularExpressions;

namespace SafeDiffusion.Model.Text;

/// <summary>A token that is looked for before a text is cut into words, as a tokenizer folder describes it.</summary>
/// <param name="Content">Its spelling.</param>
/// <param name="IsMatchedNormalized">Whether it is looked for after normalisation, so in any case, or exactly as spelled before.</param>
internal readonly record struct SpecialToken(string Content, bool IsMatchedNormalized)
{
    /// <summary>Whether it counts only where no letter, digit or underscore stands beside it.</summary>
    public bool IsSingleWord { get; init; }
}

/// <summary>A part of a text: normalised ordinary text, or, where it has an id, the spelling of a token that was looked for.</summary>
internal readonly record struct TextSegment(string Text, int? TokenId = null);

/// <summary>
/// Cuts special and added tokens out of a text as transformers' fast tokenizers do: those of exact spelling first, from the text as given;
/// then what is between them is normalised, part by part, and searched for the others. Of several at a place the longest counts.
/// </summary>
internal sealed class SpecialTokenSplitter
{
    private readonly Dictionary<string, int> _exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _normalized = new(StringComparer.Ordinal);
    private readonly Regex? _exactPattern;
    private readonly Regex? _normalizedPattern;

    /// <summary>A splitter for tokens; of two that are spelled alike the first counts.</summary>
    public SpecialTokenSplitter(IEnumerable<(SpecialToken Token, int Id)> tokens)
    {
        Dictionary<string, bool> exact = new(StringComparer.Ordinal);
        Dictionary<string, bool> normalized = new(StringComparer.Ordinal);
        foreach ((SpecialToken token, int id) in tokens)
        {
            string spelling = token.IsMatchedNormalized ? ClipText.Normalize(token.Content) : token.Content;
            if (!(token.IsMatchedNormalized ? _normalized : _exact).TryAdd(spelling, id)) continue;
            (token.IsMatchedNormalized ? normalized : exact)[spelling] = token.IsSingleWord;
        }
        _exactPattern = MakePattern(exact);
        _normalizedPattern = MakePattern(normalized);
    }

    /// <summary>The segments of a text that are not empty, from left to right.</summary>
    public List<TextSegment> Split(string text)
    {
        List<TextSegment> segments = [];
        foreach (TextSegment part in Cut(text, _exactPattern, _exact))
        {
            if (part.TokenId is not null) segments.Add(part);
            else segments.AddRange(Cut(ClipText.Normalize(part.Text), _normalizedPattern, _normalized));
        }
        return segments;
    }

    private static Regex? MakePattern(Dictionary<string, bool> spellings)
    {
        if (spellings.Count == 0) return null;
        IEnumerable<string> longestFirst = spellings
            .OrderByDescending(spelling => spelling.Key.Length).ThenBy(spelling => spelling.Key, StringComparer.Ordinal)
            .Select(spelling => spelling.Value ? $@"(?<!\w){Regex.Escape(spelling.Key)}(?!\w)" : Regex.Escape(spelling.Key));
        return new Regex(string.Join('|', longestFirst), RegexOptions.CultureInvariant);
    }

    private static IEnumerable<TextSegment> Cut(string text, Regex? pattern, Dictionary<string, int> ids)
    {
        int position = 0;
        for (Match? match = pattern?.Match(text); match is { Success: true }; match = match.NextMatch())
        {
            string before = text[position..match.Index].Trim(' ');
            if (before.Length > 0) yield return new TextSegment(before);
            yield return new TextSegment(match.Value, ids[match.Value]);
            position = match.Index + match.Length;
        }
        string rest = text[position..].Trim(' ');
        if (rest.Length > 0) yield return new TextSegment(rest);
    }
}
