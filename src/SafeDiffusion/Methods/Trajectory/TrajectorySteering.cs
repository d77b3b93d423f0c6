using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.Trajectory;

/// <summary>
/// Trajectory steering: the second stage of TRCE without its training. This library's own method, not the paper's: TRCE fine-tunes the
/// model with a triplet loss; here the loss's gradient with respect to the noise prediction is taken off the prediction, in early steps
/// where the prompt's prediction is nearer to the concept's than to the safe text's. Two more UNet rows in each of these steps.
/// </summary>
[ProtectionMethod(MethodName, Alias = "steering")]
public sealed record TrajectorySteering : NoiseGuidance, IFromWords<TrajectorySteering>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "trajectory-steering";

    /// <summary>The concept to steer away from, as a text.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.Text)]
    public string Concept { get; init; } = "";

    /// <summary>The text to steer to instead; not the concept.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.Text)]
    public string SafeText { get; init; } = "";

    /// <summary>β, the guidance scale of the two trajectories that the prediction is compared with, above 0; 15 by default, as in TRCE.</summary>
    [JsonRange(JsonRanges.Positive)]
    public float Scale { get; init; } = 15;

    /// <summary>
    /// μ, the step along the gradient, above 0; 0.5 by default. The term is <c>μ β</c> times the difference of the two texts'
    /// predictions: at <c>μ β = g</c>, as with the defaults and the guidance scale 7.5, a prompt that is the concept is guided as the
    /// safe text would be.
    /// </summary>
    [JsonRange(JsonRanges.Positive)]
    public float Strength { get; init; } = 0.5f;

    /// <summary>The triplet loss's margin, a mean squared difference, at least 0; 0.01 by default, as in TRCE.</summary>
    [JsonRange(JsonRanges.NotNegative)]
    public float Margin { get; init; } = 0.01f;

    /// <summary>The share of the steps, from the noisiest, in which it may act, above 0 to 1; 0.5 by default, as in TRCE.</summary>
    [JsonRange(JsonRanges.ShareAboveZero)]
    public double Until { get; init; } = 0.5;

    /// <inheritdoc/>
    public override string Describe() =>
        $"trajectory steering from \"{Concept}\" to \"{SafeText}\" in the first {Until * 100:0.#} % of the steps (scale {Scale}, strength {Strength}, margin {Margin})";

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.RequireText(Concept, nameof(Concept));
        check.RequireText(SafeText, nameof(SafeText));
        check.Require(SafeText != Concept, nameof(SafeText), "must not be the concept: there would be nothing to steer to.");
        check.RequirePositive(Scale, nameof(Scale));
        check.RequirePositive(Strength, nameof(Strength));
        check.Require(float.IsFinite(Margin) && Margin >= 0, nameof(Margin), $"must be at least 0, and is {Margin}.");
        check.Require(Until is > 0 and <= 1, nameof(Until), $"must be above 0 and at most 1, and is {Until}.");
    }

    /// <inheritdoc/>
    public override NoiseGuidanceState Begin(ProtectionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new TrajectoryState(this, context);
    }

    static ProtectionWord IFromWords<TrajectorySteering>.Takes => ProtectionWord.Concept | ProtectionWord.Instead;

    static TrajectorySteering IFromWords<TrajectorySteering>.FromWords(ProtectionWords words) => new()
    {
        Concept = words.RequireConcept("trajectory-steering must know what to steer away from."),
        SafeText = words.RequireInstead("trajectory-steering must know what to steer to."),
    };
}
