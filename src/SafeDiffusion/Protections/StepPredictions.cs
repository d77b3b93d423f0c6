using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Protections;

/// <summary>The noise predictions of one picture in one step. Reading one that was not asked for is an error.</summary>
public sealed class StepPredictions
{
    private readonly (IDenoiserBatch? Batch, int Row)[] _places = new (IDenoiserBatch?, int)[Condition.Limit];

    private readonly int _positions;

    /// <param name="positions">Positions of the latent grid, H · W.</param>
    internal StepPredictions(int positions) => _positions = positions;

    /// <summary>The conditions evaluated so far in this step.</summary>
    public ConditionSet Evaluated { get; private set; }

    /// <summary>The noise prediction under a condition, <c>[C, H, W]</c>; holds until the step ends.</summary>
    /// <exception cref="InvalidOperationException">It was not asked for in this step.</exception>
    public ReadOnlySpan<float> this[Condition condition] => Evaluated.Contains(condition)
        ? _places[condition.Index].Batch!.Prediction(_places[condition.Index].Row)
        : throw new InvalidOperationException($"Condition {condition.Index} was not asked for in this step; name it in SurelyNeeds or AlsoNeeds.");

    /// <summary>The raw detection scores of guideline tokens, <c>[K, H, W]</c> on the latent grid, read in the prompt's row.</summary>
    /// <exception cref="InvalidOperationException">The prompt was not asked for in this step, or the UNet is not instrumented for detection.</exception>
    public ReadOnlySpan<float> DetectionScores(GuidelineTokens tokens)
    {
        if (!Evaluated.Contains(Condition.Prompt)) throw new InvalidOperationException("The prompt was not asked for in this step; name it in SurelyNeeds.");
        (IDenoiserBatch? batch, int row) = _places[Condition.Prompt.Index];
        IAttentionBatch attention = batch!.Attention ?? throw new InvalidOperationException("The UNet is not instrumented for detection; name it in RequiredFeatures.");
        return attention.DetectionScores(row).Slice(tokens.First * _positions, tokens.Count * _positions);
    }

    internal void Clear() => Evaluated = ConditionSet.None;

    internal void Set(Condition condition, IDenoiserBatch batch, int row)
    {
        _places[condition.Index] = (batch, row);
        Evaluated |= condition;
    }
}
