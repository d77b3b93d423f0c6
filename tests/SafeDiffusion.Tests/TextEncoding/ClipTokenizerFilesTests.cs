using System.Text;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.TextEncoding;

/// <summary>Formula layer: what a tokenizer folder may look like, and how damage is refused.</summary>
public sealed class ClipTokenizerFilesTests
{
    [Fact]
    public void TheShapesModelHasItsOwnLength()
    {
        ClipTokenizer tokenizer = ClipTokenizer.Load(Path.Combine(Fixture.ShapesModel, "tokenizer"));

        Assert.Equal(24, tokenizer.MaxLength);
        Assert.Equal(624, tokenizer.StartToken);
        Assert.Equal(625, tokenizer.EndToken);
        Assert.Equal(625, tokenizer.PadToken);
        Assert.Equal(24, tokenizer.Encode("a red triangle").Ids.Length);
        Assert.Single(tokenizer.Encode("a red triangle").FindSpans("red triangle"));
    }

    [Fact]
    public void TokensMayBeObjectsAndThePadItsOwn()
    {
        using TemporaryFolder folder = Copy();
        Write(folder, "special_tokens_map.json", """{"pad_token": {"content": "!"}, "eos_token": null}""");

        ClipTokenizer tokenizer = ClipTokenizer.Load(folder.Path);

        Assert.Equal(0, tokenizer.PadToken);
        Assert.Equal(625, tokenizer.EndToken);
        Assert.Equal([624, 625, 0, 0], tokenizer.Encode("").Ids.Take(4));
    }

    [Theory]
    [InlineData("""{"model_max_length": 1000000000000000019884624838656}""", null, 77)]
    [InlineData("""{"model_max_length": null}""", null, 77)]
    [InlineData("{}", null, 77)]
    [InlineData("{}", 40, 40)]
    [InlineData("""{"model_max_length": 12}""", null, 12)]
    [InlineData("""{"model_max_length": 12}""", 40, 40)]
    public void TheLengthComesFromTheCallerThenTheFolder(string config, int? maxLength, int expected)
    {
        using TemporaryFolder folder = Copy();
        Write(folder, "tokenizer_config.json", config);
        Assert.Equal(expected, ClipTokenizer.Load(folder.Path, maxLength).MaxLength);
    }

    [Fact]
    public void BothConfigurationFilesMayBeMissing()
    {
        using TemporaryFolder folder = Copy();
        File.Delete(folder.File("tokenizer_config.json"));
        File.Delete(folder.File("special_tokens_map.json"));
        Assert.Equal(625, ClipTokenizer.Load(folder.Path).PadToken);
    }

    /// <summary>As in transformers: exactly as spelled, unless every role of the token is marked as normalized.</summary>
    [Theory]
    [InlineData("""{"bos_token": "<|startoftext|>"}""", false)]
    [InlineData("""{"bos_token": {"content": "<|startoftext|>", "normalized": false}}""", false)]
    [InlineData("""{"bos_token": {"content": "<|startoftext|>", "normalized": true}}""", true)]
    [InlineData("""{"bos_token": {"content": "<|startoftext|>", "normalized": true}, "pad_token": "<|startoftext|>"}""", false)]
    public void SpecialTokensAreMatchedInAnyCaseWhereMarkedNormalized(string map, bool isSpecial)
    {
        using TemporaryFolder folder = Copy();
        Write(folder, "special_tokens_map.json", map);
        ClipTokenizer tokenizer = ClipTokenizer.Load(folder.Path);

        Assert.Equal(isSpecial, tokenizer.Encode("<|StartOfText|>", SpecialTokenHandling.Keep).Ids[1] == 624);
        Assert.Equal(isSpecial ? 1 : 0, tokenizer.Encode("<|StartOfText|>").EscapedSpecialTokens.Length);
        Assert.Equal(624, tokenizer.Encode("<|startoftext|>", SpecialTokenHandling.Keep).Ids[1]);
    }

    [Theory]
    [InlineData("merges.txt", "#version: 0.2\ng r\nzz y", "line 3 needs the symbol 'zz'")]
    [InlineData("merges.txt", "#version: 0.2\ng r\ng r", "a second time")]
    [InlineData("merges.txt", "#version: 0.2\ng r e", "line 2 is not two symbols")]
    [InlineData("merges.txt", "#version: 0.2\ng ", "line 2 is not two symbols")]
    [InlineData("merges.txt", "#version: 0.2\n g", "line 2 is not two symbols")]
    [InlineData("vocab.json", "{\"a\": 0", "not valid JSON")]
    [InlineData("vocab.json", "[]", "not a JSON object")]
    [InlineData("vocab.json", "{}", "holds no symbols")]
    [InlineData("vocab.json", "{\"a\": -1}", "'a' no id")]
    [InlineData("vocab.json", "{\"a\": \"1\"}", "'a' no id")]
    [InlineData("vocab.json", "{\"a\": 1.5}", "'a' no id")]
    [InlineData("vocab.json", "{\"a\": 1, \"b\": 1}", "id 1 to two")]
    [InlineData("special_tokens_map.json", "{\"eos_token\": 5}", "\"eos_token\" is no token")]
    [InlineData("special_tokens_map.json", "{\"eos_token\": {}}", "\"eos_token\" is no token")]
    [InlineData("tokenizer_config.json", "{\"model_max_length\": 2}", "model_max_length")]
    [InlineData("tokenizer_config.json", "{\"model_max_length\": \"77\"}", "model_max_length")]
    [InlineData("tokenizer_config.json", "", "not valid JSON")]
    public void DamageNamesTheFileAndTheReason(string file, string content, string reason)
    {
        using TemporaryFolder folder = Copy();
        Write(folder, file, content);

        InvalidFileException error = Assert.Throws<InvalidFileException>(() => ClipTokenizer.Load(folder.Path));

        Assert.Equal(folder.File(file), error.File);
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingEndTokenIsRefused()
    {
        using TemporaryFolder folder = Copy();
        Write(folder, "special_tokens_map.json", """{"eos_token": "<|end|>"}""");

        InvalidFileException error = Assert.Throws<InvalidFileException>(() => ClipTokenizer.Load(folder.Path));

        Assert.Contains("lacks the end token '<|end|>'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    public void AMissingFileIsRefused(string file)
    {
        using TemporaryFolder folder = Copy();
        File.Delete(folder.File(file));
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => ClipTokenizer.Load(folder.Path));
        Assert.Contains("is missing", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void BinaryFilesAreRefused()
    {
        using TemporaryFolder folder = Copy();
        File.WriteAllBytes(folder.File("merges.txt"), [0xFF, 0xFE, 0x00]);
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => ClipTokenizer.Load(folder.Path));
        Assert.Contains("UTF-8", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void AVocabularyThatCannotSpellATextSaysSo()
    {
        using TemporaryFolder folder = Copy();
        Write(folder, "vocab.json", """{"a": 0, "a</w>": 1, "<|startoftext|>": 2, "<|endoftext|>": 3}""");
        Write(folder, "merges.txt", "#version: 0.2\n");
        ClipTokenizer tokenizer = ClipTokenizer.Load(folder.Path);

        Assert.Equal([2, 0, 1, 1, 3], tokenizer.Encode("aa a").Ids.Take(5));
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => tokenizer.Encode("ab"));
        Assert.Contains("cannot spell 'b'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(100_000)]
    public void AnImpossibleLengthIsRefused(int maxLength)
    {
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(
            () => ClipTokenizer.Load(Path.Combine(Fixture.ShapesModel, "tokenizer"), maxLength));
        Assert.Equal("maxLength", error.Field);
    }

    private static TemporaryFolder Copy()
    {
        TemporaryFolder folder = new();
        foreach (string file in Directory.GetFiles(Path.Combine(Fixture.ShapesModel, "tokenizer")))
        {
            File.Copy(file, folder.File(Path.GetFileName(file)));
        }
        return folder;
    }

    private static void Write(TemporaryFolder folder, string file, string content) =>
        File.WriteAllText(folder.File(file), content, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
}
