using SafeDiffusion.Model.Text;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods;

/// <summary>A concept's words and synonyms, found in a text: whole words, in any case, together or <see cref="WordsApart">apart</see>.</summary>
internal sealed class SpelledConcept(IEnumerable<string> names)
{
    private readonly string[] _names = [.. names.Select(Phrase.WithoutArticle).Distinct()];

    /// <summary>Whether a phrase says a name, as it is or in the plural; for what is put in its place, which must not.</summary>
    public static bool Says(string phrase, string name)
    {
        string words = $" {phrase} ", bare = Phrase.WithoutArticle(name);
        return WordsApart.Endings.Any(ending => words.Contains($" {bare}{ending} ", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Where a text spells the concept, in characters of the normalised text, from left to right and apart from each other; empty where it does not.</summary>
    public IReadOnlyList<TokenSpan> Find(TokenizedText text)
    {
        WordsApart words = WordsApart.Of(text);
        return Disjoint(Plain(text, _names).Concat(_names.SelectMany(words.Find)));
    }

    /// <summary>Whether a text has a word of a name of several: a near miss of the concept has.</summary>
    public bool HasPart(TokenizedText text)
    {
        ReadOnlySpan<string> words = WordsApart.Of(text).Words;
        foreach (string name in _names)
        {
            string[] parts = Phrase.Words(name.ToLowerInvariant());
            if (parts.Length > 1 && words.ContainsAny(parts)) return true;
        }
        return false;
    }

    /// <summary>Replaces the concept where a text spells it; null where it does not.</summary>
    public TextReplacement? Replace(TokenizedText text, InsteadPhrase instead, string reason)
    {
        IReadOnlyList<TokenSpan> spans = Find(text);
        if (spans.Count == 0) return null;
        string words = string.Join(", ", spans.Select(span => text.NormalizedText[span.Start..span.End]).Distinct());
        return new(instead.PutInto(text, PromptWord.Of(text), spans), words, instead.Text, reason);
    }

    /// <summary>
    /// The text with the first name that it says in another way put plainly: <c>a red triangle</c> for <c>a triangle that is red</c>, and for
    /// <c>red triangle</c> without an article. Null where it has none.
    /// </summary>
    public string? Plainly(TokenizedText text)
    {
        PromptWord[] words = PromptWord.Of(text);
        List<TokenSpan> plain = Plain(text, _names);
        WordsApart apart = WordsApart.Of(text);
        foreach (string name in _names)
        {
            InsteadPhrase put = new(Phrase.WithArticle(name));
            IEnumerable<TokenSpan> otherwise = apart.Find(name).Where(span => !plain.Any(other => span.Start < other.End && other.Start < span.End));
            IEnumerable<TokenSpan> bare = Plain(text, [name]).Where(span => InsteadPhrase.RoleBefore(words, span) is null or WordRole.Joint && plain.Contains(span));
            TokenSpan[] spans = [.. Disjoint(otherwise.Concat(bare))];
            if (spans.Length > 0 && put.PutInto(text, words, spans) is var plainly && plainly != text.NormalizedText) return plainly;
        }
        return null;
    }

    /// <summary>The names as they are, by their tokens.</summary>
    private static List<TokenSpan> Plain(TokenizedText text, IEnumerable<string> names) =>
        // Position 1 is the first piece's.
        Disjoint(names.SelectMany(text.FindSpans).Select(span => new TokenSpan(text.Pieces[span.Start - 1].Characters.Start, text.Pieces[span.End - 2].Characters.End)));

    /// <summary>Of spans that overlap, the first; of those that begin together, the longest.</summary>
    private static List<TokenSpan> Disjoint(IEnumerable<TokenSpan> spans)
    {
        List<TokenSpan> apart = [];
        foreach (TokenSpan span in spans.OrderBy(span => span.Start).ThenByDescending(span => span.Length))
        {
            if (apart.Count == 0 || span.Start >= apart[^1].End) apart.Add(span);
        }
        return apart;
    }
}
