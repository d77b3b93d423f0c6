using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.TextEncoding;

/// <summary>Formula layer: tokens that were added to a vocabulary, and a folder that holds tokenizer.json alone.</summary>
public sealed class AddedTokensTests : IDisposable
{
    private const int Cat = 626;
    private readonly TemporaryFolder _folder = new();

    public AddedTokensTests()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Fixture.ShapesModel, "tokenizer"))) File.Copy(file, _folder.File(Path.GetFileName(file)));
    }

    [Theory]
    [InlineData("added_tokens.json", """{"<cat-toy>": 626}""")]
    [InlineData("tokenizer_config.json", """{"model_max_length": 24, "added_tokens_decoder": {"626": {"content": "<cat-toy>", "lstrip": false, "normalized": true, "rstrip": false, "single_word": false, "special": false}}}""")]
    [InlineData("tokenizer.json", """{"added_tokens": [{"id": 626, "content": "<cat-toy>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": true, "special": false}]}""")]
    public void EachFileGivesOnePiece(string file, string content)
    {
        Write(file, content);
        ClipTokenizer tokenizer = Load();
        TokenizedText text = tokenizer.Encode("a <cat-toy> red triangle");
        Assert.Equal([.. Ids(tokenizer, "a"), Cat, .. Ids(tokenizer, "red triangle")], Pieces(text));
        Assert.Equal("a <cat-toy> red triangle", text.NormalizedText);
        Assert.Equal("<cat-toy>", text.Pieces[1].Symbol);
        Assert.Equal("<cat-toy>", text.NormalizedText[text.Pieces[1].Characters.Start..text.Pieces[1].Characters.End]);
        // Glued to words, and in any case, as it is looked for in the normalised text.
        Assert.Equal([.. Ids(tokenizer, "a"), Cat, Cat, .. Ids(tokenizer, "red")], Pieces(tokenizer.Encode("A<CAT-Toy><cat-toy>red")));
        // A policy's phrase is read the same way.
        Assert.Equal(new TokenSpan(2, 3), Assert.Single(text.FindSpans("<cat-toy>")));
        Assert.Equal(new TokenSpan(2, 4), Assert.Single(text.FindSpans("<cat-toy> red")));
    }

    [Fact]
    public void ExactTokensAreFoundAsSpelledOnly()
    {
        Write("tokenizer_config.json", """{"added_tokens_decoder": {"626": {"content": "<Cat>", "normalized": false}, "627": {"content": "zebra", "normalized": false, "single_word": true}}}""");
        ClipTokenizer tokenizer = Load();
        Assert.Equal([Cat], Ids(tokenizer, "<Cat>"));
        Assert.DoesNotContain(Cat, Ids(tokenizer, "<cat>"));
        Assert.Equal([627], Ids(tokenizer, "zebra"));
        Assert.Contains(627, Ids(tokenizer, "a zebra!"));
        Assert.DoesNotContain(627, Ids(tokenizer, "zebras"));
        Assert.DoesNotContain(627, Ids(tokenizer, "a_zebra"));
    }

    [Fact]
    public void TheLongestCounts()
    {
        Write("added_tokens.json", """{"<cat>": 626, "<cat>_1": 627, "<cat>_10": 628, "cat>": 629}""");
        ClipTokenizer tokenizer = Load();
        Assert.Equal([626], Ids(tokenizer, "<cat>"));
        Assert.Equal([626, 627, 628], Ids(tokenizer, "<cat> <cat>_1 <cat>_10"));
        Assert.Equal([628, 626, 629], Ids(tokenizer, "<cat>_10<cat>cat>"));
    }

    /// <summary>Added tokens must not open a way for start and end tokens into a text.</summary>
    [Fact]
    public void StartAndEndStayTextBesideAddedTokens()
    {
        Write("added_tokens.json", """{"<cat>": 626}""");
        Write("tokenizer_config.json", """
            {"model_max_length": 24, "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "added_tokens_decoder": {
                "624": {"content": "<|startoftext|>", "normalized": false, "special": true}, "625": {"content": "<|endoftext|>", "normalized": false, "special": true}}}
            """);
        ClipTokenizer tokenizer = Load();
        TokenizedText text = tokenizer.Encode("a <cat> <|endoftext|> <cat>");
        Assert.Equal("<|endoftext|>", Assert.Single(text.EscapedSpecialTokens));
        Assert.DoesNotContain(tokenizer.EndToken, Pieces(text));
        Assert.Equal(2, Pieces(text).Count(id => id == Cat));
        Assert.Equal(text.Pieces.Length + 1, text.EndPosition);
        Assert.Contains(tokenizer.EndToken, Pieces(tokenizer.Encode("a <cat> <|endoftext|> <cat>", SpecialTokenHandling.Keep)));
    }

    [Theory]
    [InlineData("added_tokens.json", """{"<x>": 625}""", "which is that of '<|endoftext|>'")]
    [InlineData("added_tokens.json", """{"<x>": 5}""", "which is that of")]
    [InlineData("added_tokens.json", """{"!": 626}""", "which has the id 0 in vocab.json")]
    [InlineData("added_tokens.json", """{"<x>": -1}""", "an added token without an id")]
    [InlineData("added_tokens.json", """{"<x>": "626"}""", "an added token without an id")]
    [InlineData("added_tokens.json", """{" ": 626}""", "without a spelling")]
    [InlineData("added_tokens.json", """{"\ud800": 626}""", "half of a surrogate pair")]
    [InlineData("added_tokens.json", "[]", "not a JSON object")]
    [InlineData("tokenizer_config.json", """{"added_tokens_decoder": {"x": {"content": "<x>"}}}""", "an added token without an id")]
    [InlineData("tokenizer_config.json", """{"added_tokens_decoder": {"626": "<x>"}}""", "no object with \"content\"")]
    [InlineData("tokenizer_config.json", """{"added_tokens_decoder": {"626": {"content": "<x>", "normalized": 1}}}""", "\"normalized\" that is neither true nor false")]
    [InlineData("tokenizer_config.json", """{"added_tokens_decoder": [1]}""", "\"added_tokens_decoder\" is no JSON Object")]
    [InlineData("tokenizer.json", """{"added_tokens": [{"content": "<x>"}]}""", "an added token without an id")]
    [InlineData("tokenizer.json", """{"added_tokens": [{"id": 626, "content": "<x>"}, {"id": 626, "content": "<y>"}]}""", "to '<y>', and tokenizer.json to '<x>'")]
    [InlineData("tokenizer.json", """{"added_tokens": [{"id": 626, "content": "<x>"}, {"id": 627, "content": "<x>"}]}""", "the ids 626 and 627")]
    public void ContradictionsAndDamageNameTheFile(string file, string content, string reason)
    {
        Write(file, content);
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => Load());
        Assert.Equal(_folder.File(file), error.File);
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void AnIdWithoutAnEmbeddingNamesTheFile()
    {
        Write("added_tokens.json", """{"<cat>": 626}""");
        ClipTokenizer tokenizer = Load();
        tokenizer.RequireIdsBelow(627);
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => tokenizer.RequireIdsBelow(626));
        Assert.Equal(_folder.File("added_tokens.json"), error.File);
        Assert.Contains("'<cat>' the id 626, and the text encoder has embeddings for 0 to 625", error.Reason, StringComparison.Ordinal);
        File.Delete(_folder.File("added_tokens.json"));
        Assert.Equal(_folder.File("vocab.json"), Assert.Throws<InvalidFileException>(() => Load().RequireIdsBelow(625)).File);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ATokenizerFileAloneGivesTheSameTokens(bool asPairs)
    {
        string[] texts = ["a red triangle", "don't 2 blue circles!", "grün", ""];
        int[][] expected = [.. texts.Select(text => Load().Encode(text).Ids.ToArray())];
        MakeWhole(asPairs);
        Assert.Equal(expected, texts.Select(text => Load().Encode(text).Ids.ToArray()));
        Assert.Equal(24, Load().MaxLength);
        Assert.Equal([Cat], Ids(Load(), "<cat>"));
    }

    [Theory]
    [InlineData("{}", "save_pretrained")]
    [InlineData("""{"model": {"type": "Unigram", "vocab": [], "merges": []}}""", "the type \"Unigram\"")]
    [InlineData("""{"model": {"type": "BPE", "end_of_word_suffix": "", "vocab": {}, "merges": []}}""", "the end_of_word_suffix \"\"")]
    [InlineData("""{"model": {"type": "BPE", "merges": []}}""", "no \"vocab\"")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}}}""", "no list \"merges\"")]
    [InlineData("""{"model": {"vocab": {"a": 0}, "merges": ["a b"]}}""", "merge 1 needs the symbol 'b', which tokenizer.json does not have")]
    [InlineData("""{"model": {"vocab": {"a": 0}, "merges": [["a"]]}}""", "merge 1 is not two symbols")]
    [InlineData("""{"model": {"vocab": {"a": 0}, "merges": [1]}}""", "merge 1 is not two symbols")]
    [InlineData("""{"model": {"vocab": {"a": 0}, "merges": []}}""", "lacks the start token")]
    public void ADamagedTokenizerFileSaysWhy(string content, string reason)
    {
        File.Delete(_folder.File("vocab.json"));
        File.Delete(_folder.File("merges.txt"));
        Write("tokenizer.json", content);
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => Load());
        Assert.Equal(_folder.File("tokenizer.json"), error.File);
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static int[] Pieces(TokenizedText text) => [.. text.Pieces.Select(piece => piece.Id)];

    private static int[] Ids(ClipTokenizer tokenizer, string text) => Pieces(tokenizer.Encode(text));

    private ClipTokenizer Load() => ClipTokenizer.Load(_folder.Path);

    private void Write(string file, string content) => File.WriteAllText(_folder.File(file), content, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));

    /// <summary>Puts the folder's vocabulary, merges and an added token into a tokenizer.json, and deletes them.</summary>
    private void MakeWhole(bool asPairs)
    {
        IEnumerable<string> merges = File.ReadLines(_folder.File("merges.txt")).Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal));
        JsonNode[] nodes = [.. merges.Select(merge => asPairs ? new JsonArray([.. merge.Split(' ').Select(symbol => (JsonNode)symbol)]) : (JsonNode)JsonValue.Create(merge))];
        JsonObject whole = new()
        {
            ["version"] = "1.0",
            ["added_tokens"] = JsonNode.Parse("""[{"id": 624, "content": "<|startoftext|>", "special": true}, {"id": 625, "content": "<|endoftext|>", "special": true}, {"id": 626, "content": "<cat>"}]"""),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["continuing_subword_prefix"] = "",
                ["end_of_word_suffix"] = "</w>",
                ["vocab"] = JsonNode.Parse(File.ReadAllText(_folder.File("vocab.json"))),
                ["merges"] = new JsonArray(nodes),
            },
        };
        Write("tokenizer.json", whole.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        File.Delete(_folder.File("vocab.json"));
        File.Delete(_folder.File("merges.txt"));
    }
}
