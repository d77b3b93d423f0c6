using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>
/// Growth Inhibitors for Erasure, GIE, with a fixed scale: in every cross-attention layer the attention maps of the concept's own tokens,
/// times <c>-w</c>, are added to the prompt's with the values that belong to them, <c>O' = A V - w Σ_k A^c[:, k] V^c[k]</c>. Costs no UNet
/// row. Write the concept as prompts say it, article included.
/// </summary>
[ProtectionMethod(MethodName, Alias = "gie")]
public sealed record GrowthInhibition : AttentionIntervention, IFromWords<GrowthInhibition>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "growth-inhibitor";

    /// <summary>The concept to inhibit, as a text.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.Text)]
    public string Concept { get; init; } = "";

    /// <summary>w, the suppression scale, at least 0; 5 by default, one of the two that the paper compares. At 0 nothing is changed.</summary>
    [JsonRange(JsonRanges.NotNegative)]
    public float Scale { get; init; } = 5;

    /// <summary>The first step that is inhibited, at least 0; 0 by default.</summary>
    [JsonRange(JsonRanges.NotNegative)]
    public int StartStep { get; init; }

    /// <summary>The step from which on nothing is inhibited any more, above <see cref="StartStep"/>; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.AtLeastOne)]
    public int? EndStep { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override Requirements Requirements => new() { Features = AttentionFeatures.Inhibit };

    internal StepWindow Window => new(StartStep, EndStep ?? int.MaxValue);

    /// <inheritdoc/>
    public override string Describe() => $"growth inhibitor of \"{Concept}\", {Window} (scale {Scale})";

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.RequireText(Concept, nameof(Concept));
        check.Require(Scale >= 0 && float.IsFinite(Scale), nameof(Scale), $"must be at least 0, and is {Scale}.");
        check.RequireRange(StartStep, 0, int.MaxValue, nameof(StartStep));
        check.Require(EndStep is null || EndStep > StartStep, nameof(EndStep), $"must be above startStep ({StartStep}), and is {EndStep}.");
    }

    /// <inheritdoc/>
    public override AttentionInterventionState Begin(ProtectionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new GrowthInhibitionState(this, context);
    }

    static ProtectionWord IFromWords<GrowthInhibition>.Takes => ProtectionWord.Concept;

    static GrowthInhibition IFromWords<GrowthInhibition>.FromWords(ProtectionWords words) => new() { Concept = words.RequireConcept("growth-inhibitor must know what to inhibit.") };
}
