using System.Text.Json.Nodes;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>What a policy does, wherever its files lie: its JSON, with the hash of each file in place of the file's path.</summary>
internal static class PolicyContent
{
    // Texts such as concepts are no files, even where a file is called like one.
    private static readonly string[] _assets = [".safetensors", ".npy", ".onnx"];

    /// <exception cref="InvalidFileException">A file that the policy names cannot be read.</exception>
    public static JsonNode Of(SafetyPolicy policy)
    {
        JsonNode json = JsonNode.Parse(policy.ToJson())!;
        foreach (JsonValue value in Values(json).ToArray())
        {
            if (File(value) is { } file) value.ReplaceWith($"sha256:{FileHash.OfFile(file)}");
        }
        return json;
    }

    /// <summary>The file that a text names; a policy writes paths relative to the current folder.</summary>
    private static string? File(JsonValue value) =>
        value.TryGetValue(out string? text) && _assets.Contains(Path.GetExtension(text)) && System.IO.File.Exists(text) ? text : null;

    private static IEnumerable<JsonValue> Values(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => Values(member.Value)),
        JsonArray items => items.SelectMany(Values),
        JsonValue value => [value],
        _ => [],
    };
}
