using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace OwnMethod;

/// <summary>How much more guidance.</summary>
public enum SharpeningPreset
{
    /// <summary>A tenth more.</summary>
    Little,

    /// <summary>Half as much again.</summary>
    Much,
}

/// <summary>Guides further along the prompt.</summary>
[ProtectionMethod("sharpening", Alias = "sharp")]
public sealed record Sharpening : NoiseGuidance, IFromWords<Sharpening>
{
    /// <summary>How much more, above 0; 0.1 by default.</summary>
    [JsonRange(JsonRanges.Positive)]
    public float More { get; init; } = 0.1f;

    static ProtectionWord IFromWords<Sharpening>.Takes => ProtectionWord.Preset;

    static IReadOnlyList<string> IFromWords<Sharpening>.Presets => ProtectionWords.Names<SharpeningPreset>();

    static Sharpening IFromWords<Sharpening>.FromWords(ProtectionWords words) =>
        new() { More = words.PresetOr(SharpeningPreset.Little) == SharpeningPreset.Much ? 0.5f : 0.1f };

    public override string Describe() => $"sharpening by {More}";

    public override void Validate(FieldCheck check) => check.RequirePositive(More, nameof(More));

    /// <summary>Fails as a method does that nobody has thought through, where it is asked for too much.</summary>
    public override NoiseGuidanceState Begin(ProtectionContext context) =>
        More < 1000 ? new State(More) : throw new InvalidOperationException("nobody\nhas thought\u001b[2J of this");

    private sealed class State(float more) : NoiseGuidanceState
    {
        public override RowSet SurelyNeeds(in DenoisingStep step) => (RowSet)Row.Unconditional | Row.Prompt;

        public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
        {
            TensorPrimitives.Subtract(predictions[Row.Prompt], predictions[Row.Unconditional], term);
            TensorPrimitives.Multiply(term, more, term);
            return GuidanceOutcome.Guided;
        }
    }
}
