using System.Globalization;
using Fuzz.Engine;
using Fuzz.Forms;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Model.Text;

namespace Fuzz.Targets;

/// <summary>A tokenizer's files, one at a time among whole ones, and texts.</summary>
internal static class TokenizerTargets
{
    private static readonly string[] _texts = ["a red triangle, ein Übermaß 猫!", "<new> a<|endoftext|>b 'S\t99 e\u0301"];

    public static IEnumerable<FuzzTarget> All()
    {
        yield return OfFile("vocab.json", JsonForm.Instance, () => [File.ReadAllBytes(Repository.Shapes("tokenizer", "vocab.json"))]);
        yield return OfFile("merges.txt", new LinesForm(ByteForm.Instance), () => [File.ReadAllBytes(Repository.Shapes("tokenizer", "merges.txt"))]);
        yield return OfFile("tokenizer.json", JsonForm.Instance, () => [Whole()]);
        yield return OfFile("added_tokens.json", JsonForm.Instance, () => [Repository.Bytes("""{ "<new>": 700, "red": 701 }""")]);
        yield return OfFile("special_tokens_map.json", JsonForm.Instance,
            () => [File.ReadAllBytes(Repository.Shapes("tokenizer", "special_tokens_map.json")), Repository.Read("numerics", "clip-tokenizer", "special_tokens_map.json")]);
        yield return OfFile("tokenizer_config.json", JsonForm.Instance, () =>
        [
            File.ReadAllBytes(Repository.Shapes("tokenizer", "tokenizer_config.json")), Repository.Read("numerics", "clip-tokenizer", "tokenizer_config.json"),
            Repository.Bytes("""{ "model_max_length": 77, "added_tokens_decoder": { "700": { "content": "<new>", "special": true, "normalized": false, "single_word": true } } }"""),
        ]);
        Lazy<ClipTokenizer> shapes = new(() => ClipTokenizer.Load(Repository.Shapes("tokenizer")));
        Lazy<ClipTokenizer> clip = new(() => ClipTokenizer.Load(Fixture.Locate("numerics", "clip-tokenizer")));
        yield return new("text", () => _texts.Append("a (red:1.3) triangle BREAK <lora:x:1>").Select(TextForm.BytesOf), TextForm.Instance, input =>
        {
            string text = TextForm.TextOf(input);
            PromptSyntax.Find(text);
            Readings.All(() => Encode(shapes.Value, text), () => Encode(clip.Value, text));
        });
    }

    private static FuzzTarget OfFile(string file, IForm form, Func<IEnumerable<byte[]>> seeds)
    {
        string name = file.Replace('_', '-').Replace(".json", "", StringComparison.Ordinal).Replace(".txt", "", StringComparison.Ordinal);
        Scratch scratch = new($"tokenizer-{name}");
        if (file != "tokenizer.json")
        {
            foreach (string whole in new[] { "vocab.json", "merges.txt" }) scratch.Copy(Repository.Shapes("tokenizer", whole), whole);
        }
        return new(name == "tokenizer" ? "tokenizer-json" : name, seeds, form, input =>
        {
            scratch.Write(file, input);
            ClipTokenizer tokenizer = ClipTokenizer.Load(scratch.Folder);
            tokenizer.RequireIdsBelow(1 << 20);
            foreach (string text in _texts) Encode(tokenizer, text);
        });
    }

    private static void Encode(ClipTokenizer tokenizer, string text)
    {
        foreach (SpecialTokenHandling handling in Enum.GetValues<SpecialTokenHandling>()) tokenizer.Encode(text, handling);
    }

    /// <summary>The shapes model's tokenizer in the form of the library tokenizers.</summary>
    private static byte[] Whole()
    {
        string vocabulary = File.ReadAllText(Repository.Shapes("tokenizer", "vocab.json"));
        IEnumerable<string> merges = File.ReadLines(Repository.Shapes("tokenizer", "merges.txt")).Skip(1).Where(line => line.Length > 0).Select(line => System.Text.Json.JsonSerializer.Serialize(line));
        return Repository.Bytes(string.Create(CultureInfo.InvariantCulture, $$"""
            { "version": "1.0", "added_tokens": [{ "id": 700, "content": "<new>", "single_word": false, "special": true, "normalized": false }],
              "model": { "type": "BPE", "end_of_word_suffix": "</w>", "vocab": {{vocabulary}}, "merges": [{{string.Join(',', merges)}}] } }
            """));
    }
}
