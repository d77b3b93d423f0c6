namespace SafeDiffusion.Denoising;

/// <summary>The noise predictions of one picture in one step. Reading one that was not asked for is an error.</summary>
public sealed class StepPredictions
{
    private readonly (IDenoiserBatch? Batch, int Row)[] _places = new (IDenoiserBatch?, int)[Condition.Limit];

    internal StepPredictions()
    {
    }

    /// <summary>The conditions evaluated so far in this step.</summary>
    public ConditionSet Evaluated { get; private set; }

    /// <summary>The noise prediction under a condition, <c>[C, H, W]</c>; holds until the step ends.</summary>
    /// <exception cref="InvalidOperationException">It was not asked for in this step.</exception>
    public ReadOnlySpan<float> this[Condition condition] => Evaluated.Contains(condition)
        ? _places[condition.Index].Batch!.Prediction(_places[condition.Index].Row)
        : throw new InvalidOperationException($"Condition {condition.Index} was not asked for in this step; name it in SurelyNeeds or AlsoNeeds.");

    internal void Clear() => Evaluated = ConditionSet.None;

    internal void Set(Condition condition, IDenoiserBatch batch, int row)
    {
        _places[condition.Index] = (batch, row);
        Evaluated |= condition;
    }
}
