using System.Collections.Immutable;
using System.Numerics.Tensors;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Detection;
using SafeDiffusion.Training.Learning;

namespace SafeDiffusion.Training.Measuring;

/// <summary>
/// Fits from where on a picture is drawn again, for each kept timestep, by the mean of its highest scores. <c>High</c>, for prompts that do not spell
/// the concept, lies at the greater of the 99.5th percentile of the pictures without it and the middle between their 99th and the 5th of
/// those with it; <c>low</c>, for those that do, at the lesser of the 80th without and the 3rd with. Each begins with the first of three
/// steps in which the two kinds are apart.
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

    /// <summary>In so many steps on end they must be apart: one alone may be chance.</summary>
    private const int Lasting = 3;

    private readonly int[] _with = [.. pictures.Where(set.ShowsConcept)];
    private readonly int[] _without = [.. pictures.Where(picture => !set.ShowsConcept(picture))];

    /// <summary>The thresholds; null where there are too few pictures, or the two kinds are never apart for long.</summary>
    public RedrawThresholds? Fit(ScoreTable scores)
    {
        if (_with.Length < FewestWith || _without.Length < FewestWithout) return null;
        Step[] steps = [.. Enumerable.Range(0, scores.Places).Select(place => new Step(Statistics(scores, _with, place), Statistics(scores, _without, place)))];
        int high = First(steps, _apartForHigh), low = First(steps, _apartForLow);
        return high < 0 || low < 0 ? null : new([.. Thresholds(high, step => step.High)], [.. Thresholds(low, step => step.Low)]);

        IEnumerable<ScoreThreshold> Thresholds(int first, Func<Step, float> threshold) =>
            Enumerable.Range(first, steps.Length - first).Select(place => new ScoreThreshold(set.Plan.Timesteps[place], threshold(steps[place])));
    }

    /// <summary>The first step in which the two kinds are apart, and in those after it; -1 for none.</summary>
    private static int First(Step[] steps, (float With, float Without) quantiles)
    {
        for (int first = 0; first < steps.Length; first++)
        {
            if (steps[first..Math.Min(steps.Length, first + Lasting)].All(step => step.AreApart(quantiles))) return first;
        }
        return -1;
    }

    /// <summary>What decides, of each of some pictures at a step.</summary>
    public static float[] Statistics(ScoreTable scores, IReadOnlyList<int> pictures, int place)
    {
        float[] row = new float[scores[pictures[0], place].Length], scratch = new float[row.Length];
        return [.. pictures.Select(picture =>
        {
            TensorPrimitives.ConvertSaturating<double, float>(scores[picture, place], row);
            return RedrawThresholds.Statistic(row, scratch);
        })];
    }

    /// <summary>What decides in the pictures with the concept and in those without, at a step.</summary>
    private sealed record Step(float[] With, float[] Without)
    {
        public float High => Math.Max(At(Without, 0.995f), (At(Without, 0.99f) + At(With, 0.05f)) / 2);

        public float Low => Math.Min(At(Without, 0.8f), At(With, 0.03f));

        public bool AreApart((float With, float Without) quantiles) => At(With, quantiles.With) >= At(Without, quantiles.Without);

        private static float At(float[] values, float quantile) => Quantile.SelectInPlace([.. values], quantile);
    }
}
