using System.Text;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Methods;

/// <summary>What is put in the place of words. Its own article, where it has one, comes only where none stands before them.</summary>
internal sealed class InsteadPhrase
{
    private readonly string _core;

    /// <param name="text">The phrase, with or without an article.</param>
    public InsteadPhrase(string text)
    {
        Text = text.Trim();
        _core = Phrase.WithoutArticle(Text);
    }

    /// <summary>The whole phrase.</summary>
    public string Text { get; }

    /// <summary>The part that the word before a span plays; null where none is before it.</summary>
    public static WordRole? RoleBefore(IReadOnlyList<PromptWord> words, TokenSpan span) => Before(words, span)?.Role;

    private static PromptWord? Before(IReadOnlyList<PromptWord> words, TokenSpan span) =>
        words.TakeWhile(word => word.Characters.End <= span.Start).Select(word => (PromptWord?)word).LastOrDefault();

    /// <summary>Puts the phrase in the place of parts of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="words">Its words.</param>
    /// <param name="spans">The parts, in characters of the normalised text, from left to right and apart from each other.</param>
    public string PutInto(TokenizedText text, IReadOnlyList<PromptWord> words, IEnumerable<TokenSpan> spans)
    {
        StringBuilder result = new();
        int done = 0;
        foreach (TokenSpan span in spans)
        {
            (int start, string put) = RoleBefore(words, span) switch
            {
                // The article goes with the words, and the phrase brings its own.
                WordRole.Article => (Before(words, span)!.Value.Characters.Start, Text),
                WordRole.Determiner or WordRole.Content => (span.Start, _core),
                _ => (span.Start, Text),
            };
            result.Append(text.NormalizedText, done, start - done).Append(put);
            done = span.End;
        }
        return result.Append(text.NormalizedText, done, text.NormalizedText.Length - done).ToString();
    }
}
