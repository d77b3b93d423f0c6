using System.Text.Json.Nodes;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>What a policy does, as a text: its settings, and the hash of every file below the suite's folder that they name.</summary>
internal static class PolicyContent
{
    public static string Of(SafetyPolicy policy, string folder)
    {
        JsonNode json = JsonNode.Parse(policy.ToJson())!;
        IEnumerable<string> files = Texts(json).Select(text => File(folder, text)).OfType<string>().Distinct();
        return string.Join('\n', [json.ToJsonString(), .. files.Select(FileHash.OfFile)]);
    }

    private static string? File(string folder, string text)
    {
        // Concepts are texts as well; few of them are the names of files.
        if (text.Length > 1024 || text.IndexOfAny(Path.GetInvalidPathChars()) >= 0) return null;
        string full = Path.GetFullPath(Path.Combine(folder, text));
        return System.IO.File.Exists(full) ? full : null;
    }

    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => Texts(member.Value)),
        JsonArray items => items.SelectMany(Texts),
        JsonValue value when value.TryGetValue(out string? text) => [text],
        _ => [],
    };
}
