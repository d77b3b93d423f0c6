using System.Text.Json;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.TextEncoding;

/// <summary>Formula layer: characters above U+FFFF among letters, and very long words, as Hugging Face encodes them.</summary>
public sealed class SupplementaryCharacterTests
{
    private static readonly string _folder = Fixture.Locate("numerics", "clip-tokenizer");
    private static readonly ClipTokenizer _tokenizer = ClipTokenizer.Load(_folder);
    private static readonly ClipTokenizer _longTokenizer = ClipTokenizer.Load(_folder, maxLength: 4096);
    private static readonly JsonElement[] _cases = LoadCases();

    public static TheoryData<int> CaseNumbers => [.. Enumerable.Range(0, 81)];

    [Fact]
    public void TheFixtureHoldsEveryCase() => Assert.Equal(81, _cases.Length);

    [Theory]
    [MemberData(nameof(CaseNumbers))]
    public void GivesTheReferencesIds(int number)
    {
        string text = _cases[number].GetProperty("text").GetString()!;
        int[] expected = _cases[number].GetProperty("ids").Deserialize<int[]>()!;

        TokenizedText whole = _longTokenizer.Encode(text);
        TokenizedText padded = _tokenizer.Encode(text);

        Assert.Equal(expected, whole.Pieces.Select(piece => piece.Id));
        Assert.Equal(expected.Take(75), padded.Pieces.Select(piece => piece.Id));
        string lost = expected.Length > 75 ? whole.NormalizedText[whole.Pieces[75].Characters.Start..] : "";
        Assert.Equal(lost, padded.TruncatedText);
    }

    [Theory]
    [InlineData("a\U0001D49Cb", "a\U0001D49Cb", "0-1 1-3 1-3 3-4")]
    [InlineData("\U00010400x", "\U00010428x", "0-2 0-2 0-2 0-2 2-3")]
    [InlineData("cat\U0001F431cat", "cat\U0001F431cat", "0-3 3-5 5-8")]
    [InlineData("\u00DF\U0001F600\U0001F600\U0001F600", "\u00DF\U0001F600\U0001F600\U0001F600", "0-1 0-1 1-3 3-7")]
    public void PiecesCoverWholeCharacters(string text, string normalized, string expected)
    {
        TokenizedText encoded = _tokenizer.Encode(text);

        Assert.Equal(normalized, encoded.NormalizedText);
        Assert.Equal(expected, string.Join(' ', encoded.Pieces.Select(piece => $"{piece.Characters.Start}-{piece.Characters.End}")));
    }

    private static JsonElement[] LoadCases()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Fixture.Locate("numerics", "tokenizer-supplementary.json")));
        return [.. document.RootElement.GetProperty("items").EnumerateArray().Select(item => item.Clone())];
    }
}
