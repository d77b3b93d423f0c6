using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.TokenReweighting;

/// <summary>
/// Token re-weighting, as in Prompt-to-Prompt (Hertz et al., arXiv:2208.01626, section 3.2): wherever words occur in the prompt, the
/// attention probability of their tokens is multiplied by a factor, in every cross-attention layer, after the softmax and without
/// renormalising. A prompt without the words is drawn as it is, and the report says so. Costs no UNet row.
/// </summary>
[ProtectionMethod(MethodName, Alias = "reweight")]
public sealed record TokenReweighting : AttentionIntervention, IFromWords<TokenReweighting>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "token-reweighting";

    /// <summary>The words, at least one. Where several share a token, it is multiplied by all of their factors.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.SomeItems)]
    public ImmutableArray<WordFactor> Words { get; init; } = [];

    /// <summary>The first step that is re-weighted, at least 0; 0 by default.</summary>
    [JsonRange(JsonRanges.NotNegative)]
    public int StartStep { get; init; }

    /// <summary>The step from which on nothing is re-weighted any more, above <see cref="StartStep"/>; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.AtLeastOne)]
    public int? EndStep { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override Requirements Requirements => new() { Features = AttentionFeatures.Reweight };

    internal StepWindow Window => StepWindow.Between(StartStep, EndStep);

    /// <inheritdoc/>
    public override string Describe() => $"token re-weighting of {string.Join(", ", Words.Select(word => word.Describe()))} where the prompt says it, {Window}";

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.RequireItems<WordFactor>(Words.IsDefault ? null : Words, nameof(Words), WordFactor.Validate);
        StepWindow.Require(check, StartStep, EndStep);
    }

    /// <inheritdoc/>
    public override AttentionInterventionState Begin(ProtectionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new TokenReweightingState(this, context);
    }

    /// <summary>Whether the words are equal, in their order, and the windows.</summary>
    public bool Equals(TokenReweighting? other) => other is not null && Words.SequenceEqual(other.Words) && Window == other.Window;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MethodName, Words.Length, Window);

    static ProtectionWord IFromWords<TokenReweighting>.Takes => ProtectionWord.Concept;

    static TokenReweighting IFromWords<TokenReweighting>.FromWords(ProtectionWords words) =>
        new() { Words = [new() { Text = words.RequireConcept("token-reweighting must know which words of the prompt to silence.") }] };
}
