#:package Tokenizers.DotNet@1.4.1
#:package Tokenizers.DotNet.runtime.linux-x64@1.4.1
#:property ManagePackageVersionsCentrally=false
#:property PublishAot=false
// Token ids of words that mix letters with characters above U+FFFF, and of words of some thousand characters, by Hugging Face's
// tokenizers (Rust). From this folder: dotnet run -p:ImportDirectoryBuildProps=false make_tokenizer_supplementary.cs
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

Console.OutputEncoding = Encoding.UTF8;
string folder = Path.GetFullPath("..");
string description = Path.GetTempFileName();
File.WriteAllText(description, Describe().ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
using Tokenizers.DotNet.Tokenizer tokenizer = new(description);
CheckAgainstTransformers();

Random random = new(20260101);
JsonArray items = [];
foreach (string text in Texts()) items.Add(new JsonObject { ["text"] = text, ["ids"] = Ids(text) });
JsonObject result = new()
{
    ["tool"] = "Hugging Face tokenizers 0.22.2 (Tokenizers.DotNet 1.4.1), which gave the same ids as hf_fast for all texts of tokenizer.json",
    ["note"] = "ids without start and end, not truncated",
    ["items"] = items,
};
File.WriteAllText(Path.Combine(folder, "tokenizer-supplementary.json"), result.ToJsonString() + "\n");
Console.WriteLine($"{items.Count} texts");

JsonArray Ids(string text) => [.. tokenizer.Encode(text).Select(id => JsonValue.Create((int)id))];

IEnumerable<string> Texts()
{
    string[] fixedTexts = ["a\U0001D49Cb", "\U0001D49C", "\U00010400\U00010428x", "cat\U0001F431cat", "\u732B\u00E9\U0001D49Cb", "\U00020000\U00020001a",
        "\u00DF\u00DF\U0001F600\U0001F600\U0001F600", "\U0001F468\u200D\U0001F469", "red\U0001D5CB\U0001D5BE\U0001D5BD", "x\U0001E922\U0001E944y", "\U0001F1E9\U0001F1EAa", "1\U0001D7D82"];
    foreach (string text in fixedTexts) yield return text;
    for (int i = 0; i < 60; i++) yield return string.Concat(Enumerable.Range(0, random.Next(2, 14)).Select(_ => Character()));
    for (int i = 0; i < 6; i++)
    {
        string unit = string.Concat(Enumerable.Range(0, 1 + i * 2).Select(_ => Character()));
        yield return string.Concat(Enumerable.Repeat(unit, 1200 / unit.Length));
    }
    yield return new string('a', 3000);
    yield return string.Concat(Enumerable.Range(0, 2000).Select(_ => (char)('a' + random.Next(26))));
    yield return string.Concat(Enumerable.Range(0, 700).Select(_ => new Rune(random.Next(0x1D400, 0x1D800))));
}

string Character() => random.Next(8) switch
{
    0 => new Rune(random.Next(0x1D400, 0x1D456)).ToString(),
    1 => new Rune(random.Next(0x10400, 0x10450)).ToString(),
    2 => new Rune(random.Next(0x1F300, 0x1F600)).ToString(),
    3 => new Rune(random.Next(0x20000, 0x24000)).ToString(),
    4 => new Rune(random.Next(0x4E00, 0x9000)).ToString(),
    _ => ((char)('a' + random.Next(26))).ToString(),
};

void CheckAgainstTransformers()
{
    foreach (JsonNode? item in JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer.json")))!["items"]!.AsArray())
    {
        int[] expected = [.. item!["hf_fast"]!.AsArray().Select(id => (int)id!)];
        int[] actual = [.. tokenizer.Encode((string)item["text"]!).Select(id => (int)id)];
        if (!actual.SequenceEqual(expected[1..^1])) throw new InvalidOperationException($"differs for {item["text"]}");
    }
}

// What transformers' CLIPTokenizer sets up.
JsonObject Describe()
{
    string[] merges = [.. File.ReadLines(Path.Combine(folder, "clip-tokenizer", "merges.txt")).Skip(1).Where(line => line.Length > 0)];
    JsonObject Special(int id, string content, bool isNormalized) => new()
    {
        ["id"] = id, ["content"] = content, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = isNormalized, ["special"] = true,
    };
    return new JsonObject
    {
        ["version"] = "1.0",
        ["added_tokens"] = new JsonArray(Special(49406, "<|startoftext|>", true), Special(49407, "<|endoftext|>", false)),
        ["normalizer"] = JsonNode.Parse("""
            {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}, {"type": "Lowercase"}]}
            """),
        ["pre_tokenizer"] = JsonNode.Parse("""
            {"type": "Sequence", "pretokenizers": [
              {"type": "Split", "pattern": {"Regex": "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"}, "behavior": "Removed", "invert": true},
              {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]}
            """),
        ["post_processor"] = null,
        ["decoder"] = null,
        ["model"] = new JsonObject
        {
            ["type"] = "BPE", ["unk_token"] = "<|endoftext|>", ["continuing_subword_prefix"] = "", ["end_of_word_suffix"] = "</w>", ["fuse_unk"] = false,
            ["vocab"] = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "clip-tokenizer", "vocab.json"))),
            ["merges"] = new JsonArray([.. merges.Select(line => (JsonNode)line!)]),
        },
    };
}
