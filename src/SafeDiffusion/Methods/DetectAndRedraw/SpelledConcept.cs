using SafeDiffusion.Model.Text;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.DetectAndRedraw;

/// <summary>A concept's words and synonyms, found in a text by their tokens: whole words, in any case.</summary>
internal sealed class SpelledConcept(IEnumerable<string> names)
{
    private readonly string[] _names = [.. names.Select(InsteadPhrase.WithoutArticle).Distinct()];

    /// <summary>Where a text spells the concept, in characters of the normalised text, from left to right and apart from each other; empty where it does not.</summary>
    public IReadOnlyList<TokenSpan> Find(TokenizedText text)
    {
        List<TokenSpan> apart = [];
        foreach (TokenSpan span in _names.SelectMany(text.FindSpans).OrderBy(span => span.Start).ThenByDescending(span => span.Length))
        {
            // Position 1 is the first piece's.
            TokenSpan characters = new(text.Pieces[span.Start - 1].Characters.Start, text.Pieces[span.End - 2].Characters.End);
            if (apart.Count == 0 || characters.Start >= apart[^1].End) apart.Add(characters);
        }
        return apart;
    }

    /// <summary>Replaces the concept where a text spells it; null where it does not.</summary>
    public TextReplacement? Replace(TokenizedText text, InsteadPhrase instead, string reason)
    {
        IReadOnlyList<TokenSpan> spans = Find(text);
        if (spans.Count == 0) return null;
        string words = string.Join(", ", spans.Select(span => text.NormalizedText[span.Start..span.End]).Distinct());
        return new(instead.PutInto(text, PromptWord.Of(text), spans), words, instead.Text, reason);
    }
}
