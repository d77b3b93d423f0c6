using System.Text;
using Microsoft.ML.Tokenizers;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Model.Text;

/// <summary>One symbol of an encoded word, with the word's characters that it covers.</summary>
internal readonly record struct WordPiece(int Id, TokenSpan Characters);

/// <summary>
/// Byte-level byte-pair encoding of single words (Sennrich et al. 2016, over UTF-8 bytes as in GPT-2): merges the neighbours of lowest
/// rank, leftmost first, until none is left. Thread-safe.
/// </summary>
/// <remarks>
/// Microsoft.ML.Tokenizers merges, in time that grows with the square of the length. A long word therefore goes in overlapping windows,
/// each of which begins at a piece of the one before and must give it again. That is exact, whatever the merges: two neighbours that stay
/// apart in one window do so with any others around them, as nothing crosses their outer edges before their own is crossed.
/// </remarks>
/// <param name="vocabulary">The symbols and merges.</param>
/// <param name="window">The first size of a window, in characters.</param>
/// <param name="onMerge">Told the characters of each window that is merged, so that the work can be counted.</param>
internal sealed class BytePairEncoder(ClipVocabulary vocabulary, int window = BytePairEncoder.DefaultWindow, Action<int>? onMerge = null)
{
    /// <summary>
    /// In characters; only the time depends on it. The last quarter is ample for what comes later to settle: of letters whose merges go
    /// from last to first, so that the last one decides about the first, CLIP has 43 in a row at most.
    /// </summary>
    private const int DefaultWindow = 256;

    /// <summary>Encodes one word of the split text; it has no lone surrogates.</summary>
    /// <exception cref="InvalidRequestException">The vocabulary lacks a byte of the word.</exception>
    public List<WordPiece> Encode(string word)
    {
        RequireSpelling(word);
        int length = window;
        List<WordPiece>? pieces;
        while ((pieces = EncodeInWindows(word, length)) is null) length *= 2;
        return pieces;
    }

    /// <summary>The word's pieces; null where a window does not give the piece at which it begins.</summary>
    private List<WordPiece>? EncodeInWindows(string word, int length)
    {
        List<WordPiece> settled = [];
        List<WordPiece> pieces = Merge(word, 0, length);
        for (int start = 0; start + length < word.Length; start = pieces[0].Characters.Start)
        {
            int joint = FindJoint(pieces, start + length - length / 4);
            if (joint == 0) return null;
            List<WordPiece> next = Merge(word, pieces[joint].Characters.Start, length);
            if (next[0] != pieces[joint]) return null;
            settled.AddRange(pieces.Take(joint));
            pieces = next;
        }
        settled.AddRange(pieces);
        return settled;
    }

    /// <summary>The first piece from a place on that shares no character with the one before; 0 where there is none.</summary>
    private static int FindJoint(List<WordPiece> pieces, int place)
    {
        // The last piece does not count: its window's end passed for the word's.
        for (int i = 1; i < pieces.Count - 1; i++)
        {
            int start = pieces[i].Characters.Start;
            if (start >= place && start == pieces[i - 1].Characters.End) return i;
        }
        return 0;
    }

    private List<WordPiece> Merge(string word, int start, int length)
    {
        int end = EndOfCharacter(word, Math.Min(start + length, word.Length));
        ReadOnlySpan<char> part = word.AsSpan(start, end - start);
        onMerge?.Invoke(part.Length);
        List<WordPiece> pieces = [];
        foreach (EncodedToken token in vocabulary.Merging.EncodeToTokens(part, out _, considerPreTokenization: false))
        {
            int tokenEnd = EndOfCharacter(word, start + token.Offset.End.Value);
            pieces.Add(new WordPiece(token.Id, new TokenSpan(start + token.Offset.Start.Value, tokenEnd)));
        }
        return pieces;
    }

    /// <summary>Moves an end out of the middle of a surrogate pair, which is where the package ends characters above U+FFFF.</summary>
    private static int EndOfCharacter(string word, int end) => char.IsHighSurrogate(word[end - 1]) ? end + 1 : end;

    /// <summary>The package would leave out what it cannot spell.</summary>
    private void RequireSpelling(string word)
    {
        Span<byte> utf8 = stackalloc byte[4];
        int end = 0;
        foreach (Rune rune in word.EnumerateRunes())
        {
            end += rune.Utf16SequenceLength;
            int length = rune.EncodeToUtf8(utf8);
            for (int i = 0; i < length; i++)
            {
                bool isLast = end == word.Length && i == length - 1;
                if (vocabulary.CanSpell(utf8[i], isLast)) continue;
                throw new InvalidRequestException("text",
                    $"the tokenizer's vocabulary cannot spell '{rune}'; leave it out, or use a model with CLIP's full vocabulary");
            }
        }
    }
}
