using System.Text.Json.Nodes;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Evaluation.Runs.Planning;

/// <summary>What a policy does, wherever its files lie: its protections' settings, with an asset's hash in place of its file.</summary>
internal static class PolicyContent
{
    public static JsonNode Of(SafetyPolicy policy) => new JsonObject { ["protections"] = new JsonArray([.. policy.Protections.Select(Content)]) };

    private static JsonObject Content(Protection protection)
    {
        JsonObject content = SafetyPolicy.SettingsOf(protection);
        content.Insert(0, "method", protection.Method);
        foreach (LearnedAsset asset in protection.Requirements.Assets.Select(required => required.Asset))
        {
            // Settings name an asset by its file's name alone.
            string file = Path.GetFileName(asset.Path) ?? "";
            string[] names = [.. content.Where(setting => setting.Value is JsonValue value && value.TryGetValue(out string? text) && text == file).Select(setting => setting.Key)];
            foreach (string name in names) content[name] = $"sha256:{asset.Hash}";
        }
        return content;
    }
}
