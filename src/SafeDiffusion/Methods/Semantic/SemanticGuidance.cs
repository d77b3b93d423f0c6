using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.Semantic;

/// <summary>
/// Semantic guidance, SEGA (Brack et al., NeurIPS 2023), as diffusers' <c>SemanticStableDiffusionPipeline</c> computes it: leads away
/// from concepts, or toward them, where their noise predictions differ most from the unconditional one. One more UNet row per concept.
/// </summary>
[ProtectionMethod(MethodName, Alias = "sega")]
public sealed record SemanticGuidance : NoiseGuidance, IFromWords<SemanticGuidance>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "semantic";

    /// <summary>The concepts, at least one.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.SomeItems)]
    public ImmutableArray<SemanticConcept> Concepts { get; init; } = [];

    /// <summary>m, the share of the momentum in the term, 0 to 1; 0.1 by default.</summary>
    [JsonRange(JsonRanges.Share)]
    public float MomentumScale { get; init; } = 0.1f;

    /// <summary>b, how much of the momentum is kept from step to step, 0 to below 1; 0.4 by default.</summary>
    [JsonRange(JsonRanges.ShareBelowOne)]
    public float MomentumDecay { get; init; } = 0.4f;

    /// <inheritdoc/>
    public override string Describe() =>
        $"semantic guidance {string.Join("; ", Concepts.Select(concept => concept.Describe()))} (momentum {MomentumScale}, decay {MomentumDecay})";

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.RequireItems<SemanticConcept>(Concepts.IsDefault ? null : Concepts, nameof(Concepts), SemanticConcept.Validate);
        check.RequireRange(MomentumScale, 0, 1, nameof(MomentumScale));
        check.Require(MomentumDecay is >= 0 and < 1, nameof(MomentumDecay), $"must be at least 0 and below 1, and is {MomentumDecay}.");
    }

    /// <inheritdoc/>
    public override NoiseGuidanceState Begin(ProtectionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.RequireGuidance(Method);
        Row[] rows = [.. Concepts.Select(concept => context.AddRow(concept.Text))];
        return new SemanticState(this, rows, context);
    }

    /// <summary>Whether settings and concepts are equal, the concepts in their order.</summary>
    public bool Equals(SemanticGuidance? other) =>
        other is not null && (MomentumScale, MomentumDecay) == (other.MomentumScale, other.MomentumDecay) && Concepts.SequenceEqual(other.Concepts);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MomentumScale, MomentumDecay, Concepts.Length);

    static ProtectionWord IFromWords<SemanticGuidance>.Takes => ProtectionWord.Concept | ProtectionWord.Instead;

    static SemanticGuidance IFromWords<SemanticGuidance>.FromWords(ProtectionWords words) => new()
    {
        Concepts =
        [
            new() { Text = words.RequireConcept("semantic must know what to steer away from.") },
            .. words.Instead is { } instead ? (SemanticConcept[])[new() { Text = instead, Direction = SemanticDirection.Toward }] : [],
        ],
    };
}
