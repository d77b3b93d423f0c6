using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>One concept of several that a <see cref="GrowthInhibition"/> inhibits, with a scale of its own.</summary>
public sealed record InhibitedConcept
{
    /// <summary>The concept, as prompts say it, article included.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.Text)]
    public string Text { get; init; } = "";

    /// <summary>w, its suppression scale, at least 0; null for the inhibition's. At 0 it is not inhibited.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.NotNegative)]
    public float? Scale { get; init; }

    internal static void Validate(InhibitedConcept concept, FieldCheck check)
    {
        check.RequireText(concept.Text, nameof(Text));
        check.Require(concept.Scale is null or >= 0 && float.IsFinite(concept.Scale ?? 0), nameof(Scale), $"must be at least 0, and is {concept.Scale}.");
    }
}
