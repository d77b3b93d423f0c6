using System.Collections.Immutable;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Detection;
using SafeDiffusion.Training.Learning;

namespace SafeDiffusion.Training.Measuring;

/// <summary>
/// Fits from where on a picture is drawn again, for each kept timestep, by the mean of its highest scores. <c>High</c>, for prompts that do not spell
/// the concept, lies at the greater of the 99.5th percentile of the pictures without it and the middle between their 99th and the 5th of
/// those with it; <c>low</c>, for those that do, at the lesser of the 80th without and the 3rd with. Each begins with the step from which on
/// the two kinds are apart for good.
/// </summary>
/// <param name="set">The pictures.</param>
/// <param name="pictures">Those to fit with.</param>
internal sealed class ThresholdFitter(LearningSet set, ImmutableArray<int> pictures)
{
    /// <summary>They are apart for <c>high</c> where the median with reaches the 99th percentile without.</summary>
    private static readonly (float With, float Without) _apartForHigh = (0.5f, 0.99f);

    /// <summary>And for <c>low</c> where the first quarter with reaches the 80th percentile without.</summary>
    private static readonly (float With, float Without) _apartForLow = (0.25f, 0.8f);

    /// <summary>Fewer say nothing of what few pictures do.</summary>
    public const int FewestWith = 20, FewestWithout = 60;

    private readonly int[] _with = [.. pictures.Where(set.ShowsConcept)];
    private readonly int[] _without = [.. pictures.Where(picture => !set.ShowsConcept(picture))];

    /// <summary>The thresholds; null where there are too few pictures, or the two kinds are never apart for good.</summary>
    public RedrawThresholds? Fit(ScoreTable scores)
    {
        if (_with.Length < FewestWith || _without.Length < FewestWithout) return null;
        List<ScoreThreshold> high = [], low = [];
        // From the last step back, so that what is apart in one step only counts for nothing.
        for (int place = scores.Places - 1; place >= 0; place--)
        {
            float[] with = Statistics(scores, _with, place), without = Statistics(scores, _without, place);
            bool isHigh = high.Count == scores.Places - 1 - place && IsApart(_apartForHigh);
            bool isLow = low.Count == scores.Places - 1 - place && IsApart(_apartForLow);
            int timestep = set.Plan.Timesteps[place];
            if (isHigh) high.Insert(0, new(timestep, Math.Max(At(without, 0.995f), (At(without, 0.99f) + At(with, 0.05f)) / 2)));
            if (isLow) low.Insert(0, new(timestep, Math.Min(At(without, 0.8f), At(with, 0.03f))));
            if (!isHigh && !isLow) break;

            bool IsApart((float With, float Without) quantiles) => At(with, quantiles.With) >= At(without, quantiles.Without);
        }
        return high.Count == 0 || low.Count == 0 ? null : new([.. high], [.. low]);
    }

    /// <summary>What decides, of each of some pictures at a step.</summary>
    public static float[] Statistics(ScoreTable scores, IReadOnlyList<int> pictures, int place)
    {
        float[] row = new float[scores[pictures[0], place].Length], scratch = new float[row.Length];
        return [.. pictures.Select(picture =>
        {
            System.Numerics.Tensors.TensorPrimitives.ConvertSaturating<double, float>(scores[picture, place], row);
            return RedrawThresholds.Statistic(row, scratch);
        })];
    }

    private static float At(float[] values, float quantile) => Quantile.SelectInPlace([.. values], quantile);
}
