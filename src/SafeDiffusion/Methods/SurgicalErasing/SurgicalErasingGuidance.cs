using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.SurgicalErasing;

/// <summary>
/// The erasing signals of surgical concept erasing, SCE (Hong, Lee and Woo, "All but One", AAAI 2024), added while the picture is drawn:
/// <c>δ = Σ g β d</c> over instructions, where <c>d</c> is <c>s - u</c> (explicit), or <c>p - p'</c> with <c>p'</c> the prompt's prediction
/// with its words' attention scaled down (implicit; the paper's <c>p' - p</c> has <c>g = -1</c>). Scales are signed, and windows are given in
/// timesteps. One more UNet row per instruction, in the steps of its window; none for an implicit one whose words the prompt does not say.
/// </summary>
[ProtectionMethod(MethodName, Alias = "sce")]
public sealed record SurgicalErasingGuidance : NoiseGuidance, IFromWords<SurgicalErasingGuidance>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "surgical-erasing";

    /// <summary>What to leave and what to move to, at least one.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.SomeItems)]
    public ImmutableArray<ErasingInstruction> Instructions { get; init; } = [];

    /// <inheritdoc/>
    [JsonIgnore]
    public override Requirements Requirements => Instructions.IsDefault || !Instructions.Any(instruction => instruction is { IsImplicit: true })
        ? Requirements.None : new() { Features = AttentionFeatures.Reweight };

    /// <inheritdoc/>
    public override string Describe() => $"surgical erasing {string.Join("; ", Instructions.Select(instruction => instruction.Describe()))}";

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.RequireItems<ErasingInstruction>(Instructions.IsDefault ? null : Instructions, nameof(Instructions), ErasingInstruction.Validate);
    }

    /// <inheritdoc/>
    public override NoiseGuidanceState Begin(ProtectionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.RequireGuidance(Method);
        return new SurgicalErasingState([.. Instructions.Select(instruction => ErasingDirection.Of(instruction, context))], context);
    }

    /// <summary>Whether the instructions are equal, in their order.</summary>
    public bool Equals(SurgicalErasingGuidance? other) => other is not null && Instructions.SequenceEqual(other.Instructions);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MethodName, Instructions.Length);

    static ProtectionWord IFromWords<SurgicalErasingGuidance>.Takes => ProtectionWord.Concept | ProtectionWord.Instead | ProtectionWord.Preset;

    static IReadOnlyList<string> IFromWords<SurgicalErasingGuidance>.Presets => ProtectionWords.Names<ErasingSignal>();

    static SurgicalErasingGuidance IFromWords<SurgicalErasingGuidance>.FromWords(ProtectionWords words) => new()
    {
        Instructions =
        [
            new()
            {
                Text = words.RequireConcept("surgical-erasing must know what to leave."),
                TokenFactor = words.PresetOr(ErasingSignal.Explicit) == ErasingSignal.Implicit ? 0 : null,
            },
            .. words.Instead is { } instead ? (ErasingInstruction[])[new() { Text = instead, Scale = ErasingInstruction.PublishedTowardScale }] : [],
        ],
    };
}
