using System.Numerics.Tensors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.SurgicalErasing;

/// <summary>
/// Surgical erasing on one picture (Hong, Lee and Woo 2024): the erasing signal <c>δ = Σ g β d</c>, with β = 1 where the step lies in the
/// instruction's window and <c>|d|</c> is at or above the κ-quantile of its channel.
/// </summary>
internal sealed class SurgicalErasingState(ErasingDirection[] directions, ProtectionContext context) : NoiseGuidanceState
{
    private static readonly GuidanceOutcome _outside = GuidanceOutcome.NotGuided("outside window");
    private static readonly GuidanceOutcome _inert = GuidanceOutcome.NotGuided(PromptWords.DoNotOccur);

    private readonly ChannelQuantileMask _mask = new(context.Shape);
    private readonly float[] _edit = new float[context.Shape.Length];

    public override StepWindow ActiveSteps => directions.Select(direction => direction.Window).MinBy(window => window.CountIn(context.Steps));

    public override RowSet SurelyNeeds(in DenoisingStep step)
    {
        RowSet needed = RowSet.None;
        foreach (ErasingDirection direction in directions)
        {
            if (direction.To is { } to && direction.Window.Contains(step.Index)) needed |= (RowSet)direction.From | to;
        }
        return needed;
    }

    public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
    {
        GuidanceOutcome outcome = _outside;
        bool isWhole = true;
        term.Clear();
        foreach (ErasingDirection direction in directions)
        {
            if (!direction.Window.Contains(step.Index)) continue;
            if (direction.To is not { } to)
            {
                isWhole = false;
                continue;
            }
            TensorPrimitives.Subtract(predictions[to], predictions[direction.From], _edit);
            _mask.KeepLargestInPlace(_edit, direction.Instruction.ResolvedThreshold);
            TensorPrimitives.MultiplyAdd(_edit, direction.Instruction.Scale, term, term);
            outcome = GuidanceOutcome.Guided;
        }
        return isWhole ? outcome : outcome.IsGuided ? outcome with { Reason = PromptWords.DoNotOccur } : _inert;
    }
}
