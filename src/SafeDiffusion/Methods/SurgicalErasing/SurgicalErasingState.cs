using System.Numerics.Tensors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.SurgicalErasing;

/// <summary>
/// Surgical erasing on one picture (Hong, Lee and Woo 2024): the explicit erasing signal <c>δ = Σ g β (s - u)</c>, with β = 1 where the step lies in the
/// instruction's window and <c>|s - u|</c> is at or above the κ-quantile of its channel.
/// </summary>
internal sealed class SurgicalErasingState(ErasingInstruction[] instructions, Row[] rows, ProtectionContext context) : NoiseGuidanceState
{
    private static readonly GuidanceOutcome _outside = GuidanceOutcome.NotGuided("outside window");

    private readonly Row _null = context.Null;
    private readonly ChannelQuantileMask _mask = new(context.Shape);
    private readonly float[] _edit = new float[context.Shape.Length];
    private readonly StepWindow[] _windows = [.. instructions.Select(instruction => Window(instruction, context))];

    public override StepWindow ActiveSteps => _windows.MinBy(window => window.CountIn(context.Steps));

    public override RowSet SurelyNeeds(in DenoisingStep step)
    {
        RowSet needed = RowSet.None;
        for (int i = 0; i < instructions.Length; i++)
        {
            if (_windows[i].Contains(step.Index)) needed |= (RowSet)_null | rows[i];
        }
        return needed;
    }

    public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
    {
        GuidanceOutcome outcome = _outside;
        term.Clear();
        for (int i = 0; i < instructions.Length; i++)
        {
            if (!_windows[i].Contains(step.Index)) continue;
            TensorPrimitives.Subtract(predictions[rows[i]], predictions[_null], _edit);
            _mask.KeepLargestInPlace(_edit, instructions[i].Threshold);
            TensorPrimitives.MultiplyAdd(_edit, instructions[i].Scale, term, term);
            outcome = GuidanceOutcome.Guided;
        }
        return outcome;
    }

    /// <summary>The steps whose timesteps lie in the instruction's range, both ends included, from its first step on.</summary>
    private static StepWindow Window(ErasingInstruction instruction, ProtectionContext context)
    {
        int lowest = (int)Math.Floor(instruction.LowestTimestep * context.TrainingTimesteps);
        int highest = (int)Math.Floor(instruction.HighestTimestep * context.TrainingTimesteps);
        return StepWindow.OfTimesteps(context.Timesteps.AsSpan(), lowest, highest).StartingAt(instruction.WarmupSteps);
    }
}
