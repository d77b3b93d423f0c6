using System.Collections.Immutable;

namespace SafeDiffusion.Model.Text;

/// <summary>A text as the text encoder reads it, and what a caller should know about how it got there.</summary>
public sealed record TokenizedText
{
    /// <summary>The tokenizer that made this; it also tokenises the phrases that are looked for.</summary>
    internal ITextTokenizer Tokenizer { get; init; } = null!;

    /// <summary>The text as given.</summary>
    public required string Text { get; init; }

    /// <summary>The text after normalisation (composed, white space collapsed, lower case); character positions refer to it.</summary>
    public required string NormalizedText { get; init; }

    /// <summary>The text encoder's input, <c>[MaxLength]</c>: start token, pieces, end token, padding.</summary>
    public required ImmutableArray<int> Ids { get; init; }

    /// <summary>The pieces that fitted, in order; piece i is at position i + 1 of <see cref="Ids"/>.</summary>
    public required ImmutableArray<TokenPiece> Pieces { get; init; }

    /// <summary>The position of the first end-of-text token in <see cref="Ids"/>, 1 to MaxLength - 1.</summary>
    public required int EndPosition { get; init; }

    /// <summary>The rest of the normalised text that did not fit; empty where all did. The model never sees it.</summary>
    public required string TruncatedText { get; init; }

    /// <summary>The special tokens spelled out in the text that were made ordinary text, in order.</summary>
    public required ImmutableArray<string> EscapedSpecialTokens { get; init; }

    /// <summary>Whether some of the text did not fit. Warn: what was cut off has no effect on the picture.</summary>
    public bool IsTruncated => TruncatedText.Length > 0;

    /// <summary>
    /// Finds a word or phrase in the part of the text that fitted. The phrase is tokenised like a text, so case and white space do not
    /// matter, and it matches whole words only: <c>cat</c> is not found in <c>cats</c>.
    /// </summary>
    /// <param name="wordOrPhrase">One or more words; punctuation counts.</param>
    /// <returns>
    /// The positions in <see cref="Ids"/> of every occurrence, from left to right, overlapping ones included; empty where there is none,
    /// or the phrase is empty or longer than a text may be.
    /// </returns>
    public IReadOnlyList<TokenSpan> FindSpans(string wordOrPhrase)
    {
        TokenizedText phrase = Tokenizer.EncodePhrase(wordOrPhrase);
        if (phrase.Pieces.IsEmpty || phrase.IsTruncated) return [];
        List<TokenSpan> spans = [];
        for (int start = 0; start + phrase.Pieces.Length <= Pieces.Length; start++)
        {
            if (!IsOccurrence(phrase.Pieces, start)) continue;
            spans.Add(new TokenSpan(Pieces[start].Position, Pieces[start].Position + phrase.Pieces.Length));
        }
        return spans;
    }

    private bool IsOccurrence(ImmutableArray<TokenPiece> phrase, int start)
    {
        int end = start + phrase.Length;
        bool isWhole = Pieces[start].StartsWord && (end == Pieces.Length || Pieces[end].StartsWord);
        if (!isWhole) return false;
        for (int i = 0; i < phrase.Length; i++)
        {
            if (Pieces[start + i].Id != phrase[i].Id) return false;
        }
        return true;
    }
}
