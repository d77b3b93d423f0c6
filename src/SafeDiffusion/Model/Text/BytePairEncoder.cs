using System.Collections.Concurrent;
using System.Text;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Model.Text;

/// <summary>One symbol of an encoded word, with the word's characters that it covers.</summary>
internal readonly record struct WordPiece(int Id, TokenSpan Characters);

/// <summary>
/// Byte-level byte-pair encoding of single words (Sennrich et al. 2016, over UTF-8 bytes as in GPT-2): merges the neighbours of lowest
/// rank, leftmost first, until none is left. A queue holds the candidates, so a word of n bytes takes n log n. Thread-safe.
/// </summary>
internal sealed class BytePairEncoder(ClipVocabulary vocabulary)
{
    private const int LongestCachedWord = 32;
    private const int LargestCache = 16384;

    private readonly ConcurrentDictionary<string, WordPiece[]> _cache = new(StringComparer.Ordinal);
    private int _cached;

    /// <summary>Encodes one word of the split text.</summary>
    /// <exception cref="InvalidRequestException">The vocabulary lacks a byte of the word.</exception>
    public WordPiece[] Encode(string word)
    {
        if (_cache.TryGetValue(word, out WordPiece[]? known)) return known;
        WordPiece[] pieces = Merge(word);
        bool isCached = word.Length <= LongestCachedWord && Volatile.Read(ref _cached) < LargestCache;
        if (isCached && _cache.TryAdd(word, pieces)) Interlocked.Increment(ref _cached);
        return pieces;
    }

    private WordPiece[] Merge(string word)
    {
        LinkedPieces pieces = new(Spell(word));
        PriorityQueue<(int Left, WordPiece LeftPiece, WordPiece RightPiece, int Merged), (int Rank, int Left)> candidates = new();
        for (int left = 0; left < pieces.Length; left++) Propose(left);
        while (candidates.TryDequeue(out var pair, out _))
        {
            if (!pieces.AreNeighbours(pair.Left, pair.LeftPiece, pair.RightPiece)) continue;
            pieces.Join(pair.Left, pair.Merged);
            Propose(pieces.Before(pair.Left));
            Propose(pair.Left);
        }
        return pieces.ToArray();

        void Propose(int left)
        {
            int right = left < 0 ? -1 : pieces.After(left);
            if (right < 0 || !vocabulary.TryMerge(pieces[left].Id, pieces[right].Id, out (int Rank, int Merged) merge)) return;
            candidates.Enqueue((left, pieces[left], pieces[right], merge.Merged), (merge.Rank, left));
        }
    }

    /// <summary>The symbols of the word's UTF-8 bytes, of which the last one ends the word.</summary>
    private List<WordPiece> Spell(string word)
    {
        List<WordPiece> pieces = new(word.Length);
        Span<byte> utf8 = stackalloc byte[4];
        for (int start = 0, end; start < word.Length; start = end)
        {
            Rune rune = Rune.GetRuneAt(word, start);
            end = start + rune.Utf16SequenceLength;
            int length = rune.EncodeToUtf8(utf8);
            for (int i = 0; i < length; i++)
            {
                bool isLast = end == word.Length && i == length - 1;
                int id = vocabulary.FindByte(utf8[i], isLast) ?? throw new InvalidRequestException("text",
                    $"the tokenizer's vocabulary cannot spell '{rune}'; leave it out, or use a model with CLIP's full vocabulary");
                pieces.Add(new WordPiece(id, new TokenSpan(start, end)));
            }
        }
        return pieces;
    }
}
