using SafeDiffusion.Fixtures;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.TextEncoding;

/// <summary>Formula layer: long texts, and such as are made to take long.</summary>
public sealed class LongTextTests
{
    private static readonly string _folder = Fixture.Locate("numerics", "clip-tokenizer");
    private static readonly ClipTokenizer _tokenizer = ClipTokenizer.Load(_folder);
    private static readonly ClipVocabulary _vocabulary = new(VocabularyFiles.Load(_folder), []);

    [Theory]
    [InlineData("a")]
    [InlineData("\u732B")]
    [InlineData("\U0001F602")]
    [InlineData("qzx")]
    [InlineData("!")]
    [InlineData("\u0301\u0323")]
    [InlineData("<|endoftext|>")]
    [InlineData("\uD55C ")]
    public void WhatIsCopiedGrowsWithTheLengthAndNotItsSquare(string unit) => AssertLinear(length => Allocated(Repeat(unit, length)));

    [Fact]
    public void WhatIsCopiedOfMixedWordsDoesToo() => AssertLinear(length => Allocated(RandomWord(length)));

    /// <summary>Merging a window takes time with its square at most, so that these squares are the work.</summary>
    [Theory]
    [InlineData("a")]
    [InlineData("\u732B")]
    [InlineData("\U0001F602")]
    [InlineData("qzx")]
    public void MergingGrowsWithTheLengthAndNotItsSquare(string unit) => AssertLinear(length => Merged(Repeat(unit, length)));

    [Fact]
    public void MergingOfMixedWordsDoesToo() => AssertLinear(length => Merged(RandomWord(length)));

    /// <summary>The longest symbols are 8 letters a and 8 faces; of the middle of a word there are no longer ones.</summary>
    [Theory]
    [InlineData("a", 8)]
    [InlineData("\U0001F602", 16)]
    public void OfOneLongWordTheRestIsReported(string unit, int charactersPerPiece)
    {
        string word = Repeat(unit, 100_000);
        TokenizedText text = _tokenizer.Encode(word);

        Assert.Equal(75, text.Pieces.Length);
        Assert.All(text.Pieces, piece => Assert.Equal(charactersPerPiece, piece.Characters.Length));
        Assert.Equal(word[(75 * charactersPerPiece)..], text.TruncatedText);
    }

    /// <summary>Four times the length: linear is 4 times the work, quadratic 16. Nothing is timed, so that a busy machine says the same.</summary>
    private static void AssertLinear(Func<int, long> work) => Assert.InRange(work(100_000), 1, 6 * work(25_000));

    private static long Allocated(string text)
    {
        _tokenizer.Encode(text);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(_tokenizer.Encode(text).IsTruncated);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static long Merged(string word)
    {
        long work = 0;
        new BytePairEncoder(_vocabulary, onMerge: length => work += (long)length * length).Encode(word);
        return work;
    }

    private static string Repeat(string unit, int length) => string.Concat(Enumerable.Repeat(unit, length / unit.Length));

    private static string RandomWord(int length)
    {
        Random random = new(1);
        return string.Create(length, random, (word, source) => source.GetItems("abcdefghijklmnopqrstuvwxyz", word));
    }
}
