using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.SurgicalErasing;

/// <summary>One instruction of a <see cref="SurgicalErasingGuidance"/>: a text to leave or to move to, how far, where and when.</summary>
public sealed record ErasingInstruction
{
    /// <summary>The scale published for a concept to leave, -7.5.</summary>
    public const float PublishedAwayScale = -7.5f;

    /// <summary>The scale published for concepts to move to, 6.5.</summary>
    public const float PublishedTowardScale = 6.5f;

    /// <summary>The concept, as a text; of the implicit signal (<see cref="TokenFactor"/>) the word or phrase that prompts say.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.Text)]
    public string Text { get; init; } = "";

    /// <summary>
    /// Null, the default, for the explicit signal. A number, at least 0 and not 1, for the implicit one: wherever the text occurs in the
    /// prompt, the attention of its tokens is multiplied by this in a second row of the prompt, and <see cref="Scale"/> counts what that takes away.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange("""{ "minimum": 0, "not": { "const": 1 } }""")]
    public float? TokenFactor { get; init; }

    /// <summary>g, below 0 to lead away from the concept and above 0 to lead toward it, never 0; -7.5 by default.</summary>
    [JsonRange("""{ "not": { "const": 0 } }""")]
    public float Scale { get; init; } = PublishedAwayScale;

    /// <summary>
    /// Where the instruction ends, as a fraction of the training timesteps T, 0 to 1; 0.35 by default. It acts from timestep
    /// <c>floor(lowestTimestep T)</c> on, that one included: with the default in the noisiest 65 %.
    /// </summary>
    [JsonRange(JsonRanges.Share)]
    public double LowestTimestep { get; init; } = 0.35;

    /// <summary>Where the instruction begins, likewise, <see cref="LowestTimestep"/> to 1, included; 1, the noisiest, by default.</summary>
    [JsonRange(JsonRanges.Share)]
    public double HighestTimestep { get; init; } = 1;

    /// <summary>
    /// κ, the quantile of each channel's <c>|s - u|</c> from which on values are changed, 0 (all of them) to 1; null for the published 0.95, and
    /// for 0 with the implicit signal.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.Share)]
    public float? Threshold { get; init; }

    /// <summary>The first step in which the instruction acts, at least 0; null for the published 5, and for 0 with the implicit signal.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.NotNegative)]
    public int? WarmupSteps { get; init; }

    internal bool IsImplicit => TokenFactor is not null;

    internal float ResolvedThreshold => Threshold ?? (IsImplicit ? 0 : 0.95f);

    internal int ResolvedWarmupSteps => WarmupSteps ?? (IsImplicit ? 0 : 5);

    internal string Describe() =>
        $"{(Scale < 0 ? "away from" : "toward")} \"{Text}\"{(IsImplicit ? " where the prompt says it" : "")}, {StepWindow.From(ResolvedWarmupSteps)}, timesteps {LowestTimestep} to {HighestTimestep} "
        + $"of all (scale {Scale}, threshold {ResolvedThreshold}{(IsImplicit ? $", token factor {TokenFactor}" : "")})";

    internal static void Validate(ErasingInstruction instruction, FieldCheck check)
    {
        check.RequireText(instruction.Text, nameof(Text));
        check.Require(
            float.IsFinite(instruction.Scale) && instruction.Scale != 0, nameof(Scale),
            $"must be below 0 to lead away or above 0 to lead toward, and is {instruction.Scale}.");
        check.RequireRange(instruction.LowestTimestep, 0, 1, nameof(LowestTimestep));
        check.RequireRange(instruction.HighestTimestep, instruction.LowestTimestep, 1, nameof(HighestTimestep));
        check.RequireRange(instruction.ResolvedThreshold, 0, 1, nameof(Threshold));
        check.RequireRange(instruction.ResolvedWarmupSteps, 0, int.MaxValue, nameof(WarmupSteps));
        check.Require(
            instruction.TokenFactor is not float factor || (factor >= 0 && factor != 1 && float.IsFinite(factor)), nameof(TokenFactor),
            $"must be at least 0 and not 1, where nothing is taken away, and is {instruction.TokenFactor}.");
    }
}
