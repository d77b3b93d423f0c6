using System.Text.RegularExpressions;

namespace SafeDiffusion.Model.Text;

/// <summary>A special token as a tokenizer folder describes it.</summary>
/// <param name="Content">Its spelling.</param>
/// <param name="IsMatchedNormalized">Whether it is looked for after normalisation, so in any case, or exactly as spelled before.</param>
internal readonly record struct SpecialToken(string Content, bool IsMatchedNormalized);

/// <summary>A part of a text: normalised ordinary text, or, where it has an id, the spelling of a special token.</summary>
internal readonly record struct TextSegment(string Text, int? SpecialId = null);

/// <summary>
/// Cuts the special tokens out of a text as transformers' fast tokenizers do: those of exact spelling first, from the text as given;
/// then what is between them is normalised, part by part, and searched for the others.
/// </summary>
internal sealed class SpecialTokenSplitter
{
    private readonly Dictionary<string, int> _exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _normalized = new(StringComparer.Ordinal);
    private readonly Regex? _exactPattern;
    private readonly Regex? _normalizedPattern;

    public SpecialTokenSplitter(params ReadOnlySpan<(SpecialToken Token, int Id)> tokens)
    {
        foreach ((SpecialToken token, int id) in tokens)
        {
            if (token.IsMatchedNormalized) _normalized[ClipText.Normalize(token.Content)] = id;
            else _exact[token.Content] = id;
        }
        _exactPattern = MakePattern(_exact);
        _normalizedPattern = MakePattern(_normalized);
    }

    /// <summary>The segments of a text that are not empty, from left to right.</summary>
    public List<TextSegment> Split(string text)
    {
        List<TextSegment> segments = [];
        foreach (TextSegment part in Cut(text, _exactPattern, _exact))
        {
            if (part.SpecialId is not null) segments.Add(part);
            else segments.AddRange(Cut(ClipText.Normalize(part.Text), _normalizedPattern, _normalized));
        }
        return segments;
    }

    private static Regex? MakePattern(Dictionary<string, int> ids) =>
        ids.Count == 0 ? null : new Regex(string.Join('|', ids.Keys.Select(Regex.Escape)), RegexOptions.CultureInvariant);

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
