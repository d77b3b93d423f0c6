using System.Diagnostics;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.TextEncoding;

/// <summary>Formula layer: long texts, and such as are made to take long.</summary>
public sealed class LongTextTests
{
    private static readonly ClipTokenizer _tokenizer = ClipTokenizer.Load(Fixture.Locate("numerics", "clip-tokenizer"));

    [Theory]
    [InlineData("a")]
    [InlineData("\u732B")]
    [InlineData("\U0001F602")]
    [InlineData("qzx")]
    [InlineData("!")]
    [InlineData("\u0301\u0323")]
    [InlineData("<|endoftext|>")]
    [InlineData("\uD55C ")]
    public void TimeGrowsWithTheLengthAndNotItsSquare(string unit)
    {
        TimeSpan shorter = ShortestTime(Repeat(unit, 25_000));
        TimeSpan longer = ShortestTime(Repeat(unit, 100_000));

        // Linear is 4 times, quadratic 16; the shortest of several times leaves out what else the machine does.
        Assert.True(longer < 9 * shorter + TimeSpan.FromMilliseconds(20), $"{shorter} became {longer}");
    }

    [Fact]
    public void TimeGrowsWithTheLengthOfMixedWordsToo()
    {
        TimeSpan shorter = ShortestTime(RandomWord(25_000));
        TimeSpan longer = ShortestTime(RandomWord(100_000));
        Assert.True(longer < 9 * shorter + TimeSpan.FromMilliseconds(20), $"{shorter} became {longer}");
    }

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

    private static TimeSpan ShortestTime(string text) => Enumerable.Range(0, 5).Min(_ =>
    {
        Stopwatch watch = Stopwatch.StartNew();
        Assert.True(_tokenizer.Encode(text).IsTruncated);
        return watch.Elapsed;
    });

    private static string Repeat(string unit, int length) => string.Concat(Enumerable.Repeat(unit, length / unit.Length));

    private static string RandomWord(int length)
    {
        Random random = new(1);
        return string.Create(length, random, (word, source) => source.GetItems("abcdefghijklmnopqrstuvwxyz", word));
    }
}
