using System.Text.Json;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.TextEncoding;

/// <summary>Formula layer: the ids of transformers' fast CLIP tokenizer, exactly.</summary>
public sealed class ClipTokenizerTests
{
    private static readonly string _folder = Fixture.Locate("numerics", "clip-tokenizer");
    private static readonly ClipTokenizer _tokenizer = ClipTokenizer.Load(_folder);
    private static readonly ClipTokenizer _longTokenizer = ClipTokenizer.Load(_folder, maxLength: 4096);
    private static readonly JsonElement[] _cases = LoadCases();

    public static TheoryData<int> CaseNumbers => [.. Enumerable.Range(0, 259)];

    [Fact]
    public void TheFixtureHoldsEveryCase() => Assert.Equal(259, _cases.Length);

    [Theory]
    [MemberData(nameof(CaseNumbers))]
    public void KeepGivesTheReferencesIds(int number)
    {
        JsonElement item = _cases[number];
        string text = item.GetProperty("text").GetString()!;
        int[] expected = item.GetProperty("hf_fast").Deserialize<int[]>()!;

        TokenizedText whole = _longTokenizer.Encode(text, SpecialTokenHandling.Keep);
        TokenizedText padded = _tokenizer.Encode(text, SpecialTokenHandling.Keep);

        Assert.False(whole.IsTruncated);
        Assert.Equal(expected, whole.Ids.Take(whole.Pieces.Length + 2));
        Assert.Equal(item.GetProperty("padded77").Deserialize<int[]>()!, padded.Ids);
        Assert.Equal(item.GetProperty("truncated").GetBoolean(), padded.IsTruncated);
        Assert.Equal(padded.Ids.IndexOf(49407), padded.EndPosition);
    }

    [Theory]
    [MemberData(nameof(CaseNumbers))]
    public void PiecesCoverTheNormalizedTextInOrder(int number)
    {
        TokenizedText text = _longTokenizer.Encode(_cases[number].GetProperty("text").GetString()!);
        int covered = 0;
        foreach (TokenPiece piece in text.Pieces)
        {
            Assert.Equal(text.Ids[piece.Position], piece.Id);
            Assert.InRange(piece.Characters.Start, 0, covered + 1);
            Assert.Equal("", text.NormalizedText[Math.Min(covered, piece.Characters.Start)..piece.Characters.Start].Trim());
            covered = piece.Characters.End;
        }
        Assert.Equal(text.NormalizedText.Length, covered);
    }

    [Fact]
    public void PiecesSayWhatTheyCover()
    {
        TokenizedText text = _tokenizer.Encode("  A Red\tLIGHTHOUSEKEEPER! ");

        Assert.Equal("a red lighthousekeeper!", text.NormalizedText);
        Assert.Equal(["a</w>", "red</w>", "ligh", "thouse", "keeper</w>", "!</w>"], text.Pieces.Select(piece => piece.Symbol));
        Assert.Equal(["a", "red", "ligh", "thouse", "keeper", "!"], text.Pieces.Select(piece => Covered(text, piece)));
        Assert.Equal([true, true, true, false, false, true], text.Pieces.Select(piece => piece.StartsWord));
        Assert.Equal([1, 2, 3, 4, 5, 6], text.Pieces.Select(piece => piece.Position));
        Assert.Equal(7, text.EndPosition);
    }

    [Fact]
    public void SpecialTokensInATextAreEscapedAndReported()
    {
        TokenizedText text = _tokenizer.Encode("a cat <|endoftext|> a dog<|StartOfText|> <|ENDOFTEXT|>");

        Assert.Equal<string>(["<|endoftext|>", "<|startoftext|>"], text.EscapedSpecialTokens);
        Assert.Equal(text.Pieces.Length + 1, text.EndPosition);
        Assert.DoesNotContain(text.Pieces, piece => piece.Id is 49406 or 49407);
        Assert.Equal(["<", "|</w>", "endof", "text</w>", "|", "></w>"], text.Pieces.Skip(2).Take(6).Select(piece => piece.Symbol));
    }

    [Fact]
    public void KeptSpecialTokensMoveTheEnd()
    {
        TokenizedText text = _tokenizer.Encode("a cat <|endoftext|> a dog", SpecialTokenHandling.Keep);

        Assert.Equal("a cat <|endoftext|> a dog", text.NormalizedText);
        Assert.Equal("<|endoftext|>", Covered(text, text.Pieces[2]));
        Assert.Equal("dog", Covered(text, text.Pieces[4]));
        Assert.Equal(3, text.EndPosition);
        Assert.Empty(text.EscapedSpecialTokens);
    }

    [Fact]
    public void WhatDoesNotFitIsReported()
    {
        TokenizedText text = _tokenizer.Encode(string.Join(' ', Enumerable.Repeat("cat", 75)) + " and a Dog");

        Assert.True(text.IsTruncated);
        Assert.Equal("and a dog", text.TruncatedText);
        Assert.Equal(76, text.EndPosition);
        Assert.Equal("", _tokenizer.Encode(string.Join(' ', Enumerable.Repeat("cat", 75))).TruncatedText);
    }

    [Fact]
    public void LoneSurrogatesBecomeReplacementCharacters() =>
        Assert.Equal(_tokenizer.Encode("a\uFFFDb").Ids.ToArray(), _tokenizer.Encode("a\uD800b").Ids);

    [Theory]
    [InlineData("red triangle", "2-4 7-9")]
    [InlineData(" RED   Triangle ", "2-4 7-9")]
    [InlineData("triangle", "3-4 8-9")]
    [InlineData("a", "1-2 6-7")]
    [InlineData("triang", "")]
    [InlineData("keeper", "")]
    [InlineData("lighthousekeeper", "9-12")]
    [InlineData("lighthouse", "")]
    [InlineData("", "")]
    [InlineData("blue", "")]
    public void FindsWholeWords(string phrase, string expected)
    {
        TokenizedText text = _tokenizer.Encode("a red triangle near, a RED triangle lighthousekeeper");
        Assert.Equal(expected, string.Join(' ', text.FindSpans(phrase).Select(span => $"{span.Start}-{span.End}")));
    }

    [Fact]
    public void FindsOverlappingOccurrences() =>
        Assert.Equal([new TokenSpan(1, 3), new TokenSpan(2, 4)], _tokenizer.Encode("cat cat cat").FindSpans("cat cat"));

    [Fact]
    public void PhrasesAreFoundHoweverManyAreLookedFor()
    {
        TokenizedText text = _tokenizer.Encode("a cat and a dog");
        for (int i = 0; i < 3000; i++)
        {
            Assert.Equal([new TokenSpan(2, 3)], text.FindSpans("cat"));
            Assert.Empty(text.FindSpans($"cat {i}"));
        }
    }

    [Fact]
    public void FindsNothingThatWasCutOff()
    {
        TokenizedText text = _tokenizer.Encode(string.Join(' ', Enumerable.Repeat("cat", 75)) + " dog");
        Assert.Empty(text.FindSpans("dog"));
        Assert.Empty(text.FindSpans(string.Join(' ', Enumerable.Repeat("cat", 80))));
    }

    [Fact]
    public async Task ThreadsShareATokenizer()
    {
        string[] texts = [.. _cases.Select(item => item.GetProperty("text").GetString()!)];
        ClipTokenizer shared = ClipTokenizer.Load(_folder);
        await Parallel.ForEachAsync(Enumerable.Range(0, 4), (worker, _) =>
        {
            foreach (string text in texts) Assert.Equal(_tokenizer.Encode(text).Ids.ToArray(), shared.Encode(text).Ids);
            return ValueTask.CompletedTask;
        });
    }

    private static string Covered(TokenizedText text, TokenPiece piece) =>
        text.NormalizedText[piece.Characters.Start..piece.Characters.End];

    private static JsonElement[] LoadCases()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Fixture.Locate("numerics", "tokenizer.json")));
        return [.. document.RootElement.GetProperty("items").EnumerateArray().Select(item => item.Clone())];
    }
}
