using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.Semantic;

/// <summary>One concept of a <see cref="SemanticGuidance"/>: a text, which way to go, how far, where and when.</summary>
public sealed record SemanticConcept
{
    /// <summary>The concept, as a text.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.Text)]
    public string Text { get; init; } = "";

    /// <summary>Away from the concept or toward it; away by default, where the reference's default is toward.</summary>
    public SemanticDirection Direction { get; init; } = SemanticDirection.Away;

    /// <summary>a, the edit's scale, above 0; 5 by default.</summary>
    [JsonRange(JsonRanges.Positive)]
    public float Scale { get; init; } = 5;

    /// <summary>q, the quantile of each channel's magnitudes from which on values are edited, 0 (all of them) to 1; 0.9 by default.</summary>
    [JsonRange(JsonRanges.Share)]
    public float Threshold { get; init; } = 0.9f;

    /// <summary>w, the first step in which the edit is added, at least 0; 10 by default.</summary>
    [JsonRange(JsonRanges.NotNegative)]
    public int WarmupSteps { get; init; } = 10;

    /// <summary>o, the first step without the edit, above the warm-up; null, the default, for never.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.AtLeastOne)]
    public int? CooldownSteps { get; init; }

    /// <summary>r, the concept's weight among the others, above 0; 1 by default.</summary>
    [JsonRange(JsonRanges.Positive)]
    public float Weight { get; init; } = 1;

    /// <summary>The steps in which the edit is added.</summary>
    [JsonIgnore]
    internal StepWindow Window => new(WarmupSteps, CooldownSteps ?? int.MaxValue);

    internal string Describe() =>
        $"{(Direction == SemanticDirection.Away ? "away from" : "toward")} \"{Text}\", {Window} (scale {Scale}, threshold {Threshold}, weight {Weight})";

    internal static void Validate(SemanticConcept concept, FieldCheck check)
    {
        check.RequireText(concept.Text, nameof(Text));
        check.Require(Enum.IsDefined(concept.Direction), nameof(Direction), "must be away or toward.");
        check.RequirePositive(concept.Scale, nameof(Scale));
        check.RequireRange(concept.Threshold, 0, 1, nameof(Threshold));
        check.RequireRange(concept.WarmupSteps, 0, int.MaxValue, nameof(WarmupSteps));
        check.Require(
            concept.CooldownSteps is null || concept.CooldownSteps > concept.WarmupSteps, nameof(CooldownSteps),
            $"must be above warmupSteps, {concept.WarmupSteps}, and is {concept.CooldownSteps}: the edit would never be added.");
        check.RequirePositive(concept.Weight, nameof(Weight));
    }
}
