using System.Numerics.Tensors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.TrajectorySteering;

/// <summary>
/// Trajectory steering on one picture: the term <c>-μ β (m - s)</c> where the triplet <c>|p - f_safe|² - |p - f_unsafe|² + margin</c> of
/// TRCE's erasing loss is above 0, squares as means over elements, with <c>f_unsafe = u + β (m - u)</c> and <c>f_safe = u + β (s - u)</c>.
/// The loss is about the conditional prediction, so p, and not the guided prediction, is compared.
/// </summary>
internal sealed class TrajectoryState(TrajectorySteering settings, Condition concept, Condition safe) : NoiseGuidanceState
{
    private static readonly GuidanceOutcome _late = GuidanceOutcome.NotGuided("outside window");
    private static readonly GuidanceOutcome _isSafe = GuidanceOutcome.NotGuided("nearer to the safe text");

    public override ConditionSet SurelyNeeds(in DenoisingStep step) =>
        IsEarly(step) ? (ConditionSet)Condition.Unconditional | Condition.Prompt | concept | safe : ConditionSet.None;

    public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
    {
        if (!IsEarly(step)) return _late;
        float violation = SquaredDistance(predictions, safe, term) - SquaredDistance(predictions, concept, term) + settings.Margin;
        if (!(violation > 0)) return _isSafe;
        TensorPrimitives.Subtract(predictions[safe], predictions[concept], term);
        TensorPrimitives.Multiply(term, settings.Strength * settings.Scale, term);
        return GuidanceOutcome.Guided;
    }

    private bool IsEarly(in DenoisingStep step) => step.Index < settings.Until * step.Count;

    /// <summary>The mean squared distance of p from a text's guided prediction at scale β, for which the scratch is.</summary>
    private float SquaredDistance(StepPredictions predictions, Condition text, Span<float> scratch)
    {
        ClassifierFreeGuidance.Combine(predictions[Condition.Unconditional], predictions[text], settings.Scale, scratch);
        float distance = TensorPrimitives.Distance<float>(predictions[Condition.Prompt], scratch);
        return distance * distance / scratch.Length;
    }
}
