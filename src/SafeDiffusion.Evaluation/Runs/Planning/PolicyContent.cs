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
        foreach (LearnedAsset asset in AssetsOf(protection))
        {
            // Settings name an asset by its file's name alone.
            string? file = Path.GetFileName(asset.Path);
            string[] names = [.. content.Where(setting => setting.Value is JsonValue value && value.TryGetValue(out string? text) && text == file).Select(setting => setting.Key)];
            foreach (string name in names) content[name] = $"sha256:{asset.Hash}";
        }
        // One that was made in memory is named by nothing.
        JsonNode[] unnamed = [.. AssetsOf(protection).Where(asset => asset.Path is null).Select(asset => JsonValue.Create($"sha256:{asset.Hash}"))];
        if (unnamed.Length > 0) content["assets"] = new JsonArray(unnamed);
        return content;
    }

    private static IEnumerable<LearnedAsset> AssetsOf(Protection protection) =>
        [.. protection.Requirements.Assets.Select(required => required.Asset), .. protection is WeightChange change ? [change.Change] : Array.Empty<LearnedAsset>()];
}
