using System.Numerics.Tensors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.SurgicalErasing;

/// <summary>
/// Surgical erasing on one picture (Hong, Lee and Woo 2024): the explicit erasing signal <c>δ = Σ g β (s - u)</c>, with β = 1 where the step lies in the
/// instruction's window and <c>|s - u|</c> is at or above the κ-quantile of its channel.
/// </summary>
internal sealed class SurgicalErasingState(ErasingInstruction[] instructions, Condition[] conditions, GuidanceContext context) : NoiseGuidanceState
{
    private static readonly GuidanceOutcome _outside = GuidanceOutcome.NotGuided("outside window");

    private readonly ChannelQuantileMask _mask = new(context.Shape);
    private readonly float[] _edit = new float[context.Shape.Length];
    private readonly int[] _lowest = [.. instructions.Select(instruction => Timestep(instruction.LowestTimestep, context))];
    private readonly int[] _highest = [.. instructions.Select(instruction => Timestep(instruction.HighestTimestep, context))];

    public override ConditionSet SurelyNeeds(in DenoisingStep step)
    {
        ConditionSet needed = ConditionSet.None;
        for (int i = 0; i < instructions.Length; i++)
        {
            if (IsActive(i, step)) needed |= (ConditionSet)Condition.Unconditional | conditions[i];
        }
        return needed;
    }

    public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
    {
        GuidanceOutcome outcome = _outside;
        term.Clear();
        for (int i = 0; i < instructions.Length; i++)
        {
            if (!IsActive(i, step)) continue;
            TensorPrimitives.Subtract(predictions[conditions[i]], predictions[Condition.Unconditional], _edit);
            _mask.KeepLargestInPlace(_edit, instructions[i].Threshold);
            TensorPrimitives.MultiplyAdd(_edit, instructions[i].Scale, term, term);
            outcome = GuidanceOutcome.Guided;
        }
        return outcome;
    }

    private bool IsActive(int instruction, in DenoisingStep step) =>
        step.Index >= instructions[instruction].WarmupSteps && step.Timestep >= _lowest[instruction] && step.Timestep <= _highest[instruction];

    private static int Timestep(double fraction, GuidanceContext context) => (int)Math.Floor(fraction * context.TrainingTimesteps);
}
