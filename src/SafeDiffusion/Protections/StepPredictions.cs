using SafeDiffusion.Model;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Protections;

/// <summary>The noise predictions of one picture in one step. Reading one that was not asked for is an error.</summary>
public sealed class StepPredictions
{
    private readonly (IDenoiserBatch? Batch, int Row)[] _places = new (IDenoiserBatch?, int)[Row.Limit];

    /// <param name="shape">The shape of the latents.</param>
    internal StepPredictions(LatentShape shape) => Shape = shape;

    /// <summary>The shape of the latents; not the picture's own where it was enlarged to be looked at.</summary>
    internal LatentShape Shape { get; }

    /// <summary>The rows evaluated so far in this step.</summary>
    public RowSet Evaluated { get; private set; }

    /// <summary>The layers of <see cref="InhibitorResponse"/>; 0 where the UNet is not instrumented for inhibition.</summary>
    public int InhibitedLayers => Evaluated.Contains(Row.Prompt) ? _places[Row.Prompt.Index].Batch!.InhibitedLayers : 0;

    /// <summary>The noise prediction by a row, <c>[C, H, W]</c>; holds until the step ends.</summary>
    /// <exception cref="InvalidOperationException">It was not asked for in this step.</exception>
    public ReadOnlySpan<float> this[Row row] => Place(row, out int place).Prediction(place);

    /// <summary>The raw detection scores of guideline tokens, <c>[K, H, W]</c> on the latent grid, read in the prompt's row.</summary>
    /// <exception cref="InvalidOperationException">The prompt was not asked for in this step, or the UNet is not instrumented for detection.</exception>
    public ReadOnlySpan<float> DetectionScores(GuidelineTokens tokens)
    {
        int positions = Shape.Height * Shape.Width;
        return Place(Row.Prompt, out int place).DetectionScores(place).Slice(tokens.First * positions, tokens.Count * positions);
    }

    /// <summary>The mean attention to each token of one of the prompt's inhibitors in a layer, before it is weighted, <c>[N]</c>.</summary>
    /// <param name="layer">The layer, 0 to below <see cref="InhibitedLayers"/>.</param>
    /// <param name="inhibitor">The inhibitor's place in the row's <see cref="RowInputs.Inhibitors"/>.</param>
    /// <exception cref="InvalidOperationException">The prompt was not asked for in this step, or the UNet is not instrumented for inhibition.</exception>
    public ReadOnlySpan<float> InhibitorResponse(int layer, int inhibitor) => Place(Row.Prompt, out int place).InhibitorResponse(layer, place, inhibitor);

    /// <summary>How many rows were evaluated in this step; one that was evaluated again counts twice.</summary>
    internal int Evaluations { get; private set; }

    internal void Clear()
    {
        Evaluated = RowSet.None;
        Evaluations = 0;
    }

    /// <summary>Makes a row one that was not asked for, so that it is evaluated again.</summary>
    internal void Forget(Row row) => Evaluated -= row;

    internal void Set(Row row, IDenoiserBatch batch, int place)
    {
        _places[row.Index] = (batch, place);
        Evaluated |= row;
        Evaluations++;
    }

    private IDenoiserBatch Place(Row row, out int place)
    {
        if (!Evaluated.Contains(row)) throw new InvalidOperationException($"Row {row.Index} was not asked for in this step; name it in SurelyNeeds or AlsoNeeds.");
        (IDenoiserBatch? batch, place) = _places[row.Index];
        return batch!;
    }
}
