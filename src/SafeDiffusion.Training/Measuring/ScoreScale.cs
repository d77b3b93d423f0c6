using System.Numerics.Tensors;
using SafeDiffusion.Core.Numerics;

namespace SafeDiffusion.Training.Measuring;

/// <summary>
/// Makes scores of different steps comparable: a level is how far a score lies above the 95th percentile of the pictures without the concept, in
/// units of that percentile's distance from their median.
/// </summary>
/// <param name="Origin">The score of level 0.</param>
/// <param name="Unit">The scores that a level spans, above 0.</param>
internal readonly record struct ScoreScale(float Origin, float Unit)
{
    private const float Common = 0.95f;

    /// <summary>The scale of a step.</summary>
    /// <param name="without">What decides, in the pictures without the concept.</param>
    public static ScoreScale Of(ReadOnlySpan<float> without)
    {
        float[] values = [.. without];
        (float origin, float median) = (Quantile.SelectInPlace(values, Common), Quantile.SelectInPlace(values, 0.5f));
        return new(origin, origin > median ? origin - median : 1);
    }

    public float Score(float level) => Origin + level * Unit;

    public float[] Levels(ReadOnlySpan<float> scores)
    {
        float[] levels = new float[scores.Length];
        TensorPrimitives.Subtract(scores, Origin, levels);
        TensorPrimitives.Divide(levels, Unit, levels);
        return levels;
    }

    /// <summary>The highest level of each picture from a step on, by step.</summary>
    /// <param name="levels">Levels by step and picture.</param>
    public static float[][] PeaksFrom(float[][] levels)
    {
        float[][] peaks = [.. levels.Select(step => step.ToArray())];
        for (int step = peaks.Length - 2; step >= 0; step--) TensorPrimitives.Max(peaks[step], peaks[step + 1], peaks[step]);
        return peaks;
    }
}
