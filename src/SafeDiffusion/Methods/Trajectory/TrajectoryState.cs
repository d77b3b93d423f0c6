using System.Numerics.Tensors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.Trajectory;

/// <summary>
/// Trajectory steering on one picture: the term <c>-μ β (m - s)</c> where the triplet <c>|p - f_safe|² - |p - f_unsafe|² + margin</c> of
/// TRCE's erasing loss is above 0, squares as means over elements, with <c>f_unsafe = u + β (m - u)</c> and <c>f_safe = u + β (s - u)</c>.
/// The loss is about the conditional prediction, so p, and not the guided prediction, is compared.
/// </summary>
internal sealed class TrajectoryState(TrajectorySteering settings, ProtectionContext context) : NoiseGuidanceState
{
    private static readonly GuidanceOutcome _late = GuidanceOutcome.NotGuided("outside window");
    private static readonly GuidanceOutcome _isSafe = GuidanceOutcome.NotGuided("nearer to the safe text");

    private readonly Row _null = context.Null;
    private readonly Row _concept = context.AddRow(settings.Concept);
    private readonly Row _safe = context.AddRow(settings.SafeText);
    private readonly StepWindow _window = StepWindow.First(settings.Until, context.Steps);

    public override StepWindow ActiveSteps => _window;

    public override RowSet SurelyNeeds(in DenoisingStep step) =>
        _window.Contains(step.Index) ? (RowSet)_null | Row.Prompt | _concept | _safe : RowSet.None;

    public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
    {
        if (!_window.Contains(step.Index)) return _late;
        float violation = SquaredDistance(predictions, _safe, term) - SquaredDistance(predictions, _concept, term) + settings.Margin;
        if (!(violation > 0)) return _isSafe;
        TensorPrimitives.Subtract(predictions[_safe], predictions[_concept], term);
        TensorPrimitives.Multiply(term, settings.Strength * settings.Scale, term);
        return GuidanceOutcome.Guided;
    }

    /// <summary>The mean squared distance of p from a text's guided prediction at scale β, for which the scratch is.</summary>
    private float SquaredDistance(StepPredictions predictions, Row text, Span<float> scratch)
    {
        ClassifierFreeGuidance.Combine(predictions[_null], predictions[text], settings.Scale, scratch);
        float distance = TensorPrimitives.Distance<float>(predictions[Row.Prompt], scratch);
        return distance * distance / scratch.Length;
    }
}
