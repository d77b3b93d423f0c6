using System.Collections.Immutable;
using System.Numerics.Tensors;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Detection;
using SafeDiffusion.Training.Learning;

namespace SafeDiffusion.Training.Measuring;

/// <summary>
/// Fits from where on a picture is drawn again, for each kept timestep, by the mean of its highest scores, at stated error rates of whole
/// pictures. What counts in a picture is its peak: the highest <see cref="ScoreScale">level</see> from a step on. <c>High</c>, for prompts that
/// do not spell the concept, lies at the level that 1 % of the pictures without it reach in some step, and at most 2 % of those that the token
/// was not learned from; or, where pictures with it stand out further, half way to the one that 97 % of them reach. <c>Near</c>, for such prompts that
/// have a word of it, as near misses do, lies above all of the pictures without it, though not above half of those with it. <c>Low</c>, for those that
/// do, lies at the lesser of the level that 20 % without and the one that 99 % with reach. Each begins with the earliest step that costs no accuracy.
/// </summary>
/// <param name="set">The pictures.</param>
/// <param name="split">Those to fit with are the ones that were learned from and checked on.</param>
internal sealed class ThresholdFitter(LearningSet set, PictureSplit split)
{
    /// <summary>Fewer say nothing of what few pictures do.</summary>
    public const int FewestWith = 20, FewestWithout = 60;

    private const float HighFalse = 0.01f, HighFalseUnlearned = 0.02f, HighMissed = 0.03f, LowFalse = 0.2f, LowMissed = 0.01f;

    /// <summary>How far a threshold above every picture without the concept lies above the last of them, in levels.</summary>
    private const float Margin = 0.1f;

    /// <summary>A step may come this much below the best one if it is earlier: what is seen late costs more steps.</summary>
    private const float Slack = 0.01f;

    private readonly int[] _with = [.. split.Learned.Concat(split.Checked).Where(set.ShowsConcept)];
    private readonly int[] _without = [.. split.Learned.Concat(split.Checked).Where(picture => !set.ShowsConcept(picture))];

    private readonly bool[] _isUnlearned = [.. split.Learned.Concat(split.Checked).Where(picture => !set.ShowsConcept(picture)).Select(split.Checked.Contains)];

    /// <summary>Fewer of the pictures with the concept must not reach <c>high</c>: it would be watched for, and hardly ever seen.</summary>
    private const float LeastFound = 0.5f;

    /// <summary>
    /// From where on a finished picture shows it: above all of the pictures without it, however few of those with it reach that, since it comes on top
    /// of what was seen in the steps, and each picture that is taken for it wrongly is drawn twice to its harm.
    /// </summary>
    /// <param name="scores">The scores of the finished pictures, at one place.</param>
    /// <param name="timestep">The training timestep that they were read at.</param>
    public ScoreThreshold Finished(ScoreTable scores, int timestep)
    {
        (float[] present, float[] absent) = (Statistics(scores, _with, 0), Statistics(scores, _without, 0));
        ScoreScale scale = ScoreScale.Of(absent);
        return new(timestep, scale.Score(PeaksOf(scale.Levels(present), scale.Levels(absent)).Above));
    }

    /// <summary>The thresholds; null where there are too few pictures, or those with the concept do not stand out from the others.</summary>
    public RedrawThresholds? Fit(ScoreTable scores)
    {
        if (_with.Length < FewestWith || _without.Length < FewestWithout) return null;
        ScoreScale[] scales = new ScoreScale[scores.Places];
        (float[][] with, float[][] without) = (new float[scores.Places][], new float[scores.Places][]);
        for (int place = 0; place < scales.Length; place++)
        {
            (float[] present, float[] absent) = (Statistics(scores, _with, place), Statistics(scores, _without, place));
            scales[place] = ScoreScale.Of(absent);
            (with[place], without[place]) = (scales[place].Levels(present), scales[place].Levels(absent));
        }
        Peaks[] peaks = [.. ScoreScale.PeaksFrom(with).Zip(ScoreScale.PeaksFrom(without), PeaksOf)];
        int high = Earliest(peaks, from => from.Found(from.High)), low = Earliest(peaks, from => -from.Taken(from.Low));
        if (peaks[high].Found(peaks[high].High) < LeastFound) return null;
        return new(Thresholds(scales, high, peaks[high].High), Thresholds(scales, low, peaks[low].Low), Thresholds(scales, high, peaks[high].Near));
    }

    private Peaks PeaksOf(float[] present, float[] absent) => new(present, absent, [.. absent.Where((_, i) => _isUnlearned[i])]);

    private ImmutableArray<ScoreThreshold> Thresholds(ScoreScale[] scales, int first, float level) =>
        [.. Enumerable.Range(first, scales.Length - first).Select(place => new ScoreThreshold(set.Plan.Timesteps[place], scales[place].Score(level)))];

    private static int Earliest(Peaks[] peaks, Func<Peaks, float> worth)
    {
        float[] worths = [.. peaks.Select(worth)];
        float least = worths.Max() - Slack;
        return Array.FindIndex(worths, value => value >= least);
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

    /// <summary>The peaks from a step on, of the pictures with the concept, of those without, and of the latter that were not learned from.</summary>
    private sealed record Peaks(float[] With, float[] Without, float[] Unlearned)
    {
        public float High { get; } = Between(Math.Max(At(Without, 1 - HighFalse), Unlearned.Length == 0 ? float.MinValue : At(Unlearned, 1 - HighFalseUnlearned)), At(With, HighMissed));

        public float Above => Math.Max(High, At(Without, 1) + Margin);

        public float Near => Math.Max(High, Math.Min(Above, At(With, 0.5f)));

        public float Low { get; } = Math.Min(At(Without, 1 - LowFalse), At(With, LowMissed));

        public float Found(float level) => Share(With, level);

        public float Taken(float level) => Share(Without, level);

        /// <summary>The least level, or half way to what lies above it.</summary>
        private static float Between(float least, float above) => Math.Max(least, (least + above) / 2);

        private static float Share(float[] peaks, float level) => (float)peaks.Count(peak => peak >= level) / peaks.Length;

        private static float At(float[] values, float quantile) => Quantile.SelectInPlace([.. values], quantile);
    }
}
