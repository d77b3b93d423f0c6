using System.Text.Json;
using SafeDiffusion.Methods.Semantic;

namespace SafeDiffusion.Guidance;

/// <summary>The options of diffusers' semantic pipeline, per concept or one for all, as our settings.</summary>
internal static class SemanticOptions
{
    public static SemanticGuidance Read(JsonElement options, string[] texts) => new()
    {
        Concepts = [.. texts.Select((text, index) => Concept(options, text, index))],
        MomentumScale = Number(options, "edit_momentum_scale", 0) ?? 0.1f,
        MomentumDecay = Number(options, "edit_mom_beta", 0) ?? 0.4f,
    };

    private static SemanticConcept Concept(JsonElement options, string text, int index) => new()
    {
        Text = text,
        Direction = Value(options, "reverse_editing_direction", index)?.GetBoolean() == true ? SemanticDirection.Away : SemanticDirection.Toward,
        Scale = Number(options, "edit_guidance_scale", index) ?? 5,
        Threshold = Number(options, "edit_threshold", index) ?? 0.9f,
        WarmupSteps = (int?)Number(options, "edit_warmup_steps", index) ?? 10,
        CooldownSteps = (int?)Number(options, "edit_cooldown_steps", index),
        Weight = Number(options, "edit_weights", index) ?? 1,
    };

    private static float? Number(JsonElement options, string name, int index) => Value(options, name, index)?.GetSingle();

    private static JsonElement? Value(JsonElement options, string name, int index) =>
        !options.TryGetProperty(name, out JsonElement value) ? null : value.ValueKind == JsonValueKind.Array ? value[index] : value;
}
