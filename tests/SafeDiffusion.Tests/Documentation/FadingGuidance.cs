using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

// Outside the library's namespace, as a user's code is.
namespace Documentation;

// snippet: fading-settings
[ProtectionMethod("fading-guidance")]
public sealed record FadingGuidance : NoiseGuidance
{
    /// <summary>The share of the steps after which guidance fades, 0 to below 1; 0.6 by default.</summary>
    public double From { get; init; } = 0.6;

    public override string Describe() => $"guidance fades from {From:P0} of the steps on";

    public override void Validate(FieldCheck check) =>
        check.Require(From is >= 0 and < 1, nameof(From), $"must be at least 0 and below 1, and is {From}.");

    public override NoiseGuidanceState Begin(ProtectionContext context)
    {
        context.RequireGuidance(Method);
        return new FadingState((int)Math.Ceiling(From * context.Steps), context.GuidanceScale);
    }
}
// end

// snippet: fading-state
internal sealed class FadingState(int start, float guidanceScale) : NoiseGuidanceState
{
    private static readonly GuidanceOutcome _early = GuidanceOutcome.NotGuided("not fading yet");

    public override RowSet SurelyNeeds(in DenoisingStep step) =>
        step.Index < start ? RowSet.None : (RowSet)Row.Unconditional | Row.Prompt;

    public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
    {
        if (step.Index < start) return _early;
        float faded = (step.Index - start + 1f) / (step.Count - start);
        TensorPrimitives.Subtract(predictions[Row.Prompt], predictions[Row.Unconditional], term);
        TensorPrimitives.Multiply(term, -(guidanceScale - 1) * faded, term);
        return GuidanceOutcome.Guided;
    }
}
// end

// snippet: fading-extension
public static class FadingGuidanceExtensions
{
    /// <summary>Lets guidance fade out over the last steps.</summary>
    /// <exception cref="InvalidPolicyException">The setting is out of range.</exception>
    public static SafetyPolicy AddFadingGuidance(this SafetyPolicy policy, double from = 0.6) =>
        policy.Add(new FadingGuidance { From = from });
}
// end
