using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.SurgicalErasing;

/// <summary>
/// The explicit erasing signal of surgical concept erasing, SCE (Hong, Lee and Woo, "All but One", AAAI 2024), added while the picture
/// is drawn: <c>δ = Σ g β (s - u)</c> over instructions. Scales are signed, and windows are given in timesteps. One more UNet row per
/// instruction, in the steps of its window.
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
        Row[] rows = [.. Instructions.Select(instruction => context.AddRow(instruction.Text))];
        return new SurgicalErasingState([.. Instructions], rows, context);
    }

    /// <summary>Whether the instructions are equal, in their order.</summary>
    public bool Equals(SurgicalErasingGuidance? other) => other is not null && Instructions.SequenceEqual(other.Instructions);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MethodName, Instructions.Length);

    static ProtectionWord IFromWords<SurgicalErasingGuidance>.Takes => ProtectionWord.Concept | ProtectionWord.Instead;

    static SurgicalErasingGuidance IFromWords<SurgicalErasingGuidance>.FromWords(ProtectionWords words) => new()
    {
        Instructions =
        [
            new() { Text = words.RequireConcept("surgical-erasing must know what to leave.") },
            .. words.Instead is { } instead ? (ErasingInstruction[])[new() { Text = instead, Scale = ErasingInstruction.PublishedTowardScale }] : [],
        ],
    };
}
