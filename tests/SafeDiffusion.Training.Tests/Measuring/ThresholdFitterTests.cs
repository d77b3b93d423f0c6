using SafeDiffusion.Detection;
using SafeDiffusion.Training.Learning;
using SafeDiffusion.Training.Recording;

namespace SafeDiffusion.Training.Measuring;

/// <summary>Formula layer: redraw thresholds of scores made by hand, of one cell and a token of width 1 whose feature is the score.</summary>
public sealed class ThresholdFitterTests
{
    private const int With = 21, Without = 101;
    private static readonly int[] _timesteps = [700, 600, 500, 400, 300];

    [Fact]
    public void ThresholdsLieAtErrorRatesOfPeaks()
    {
        // Without: 0 to 100, so that a level is 45 scores above 95. With: at most 150 to 170, seen in the third and fourth step.
        RedrawThresholds thresholds = Fit([-100, 90, 150, 150, 85], With, Without)!;
        Assert.Equal(_timesteps, thresholds.High.Select(at => at.Timestep));
        // High: half way from 99, the 99th percentile without, to 150.6, the 3rd with.
        Assert.All(thresholds.High, at => Assert.Equal((99 + 150.6f) / 2, at.Score, 1e-3f));
        // Low: the 80th percentile without, since all with it lie above.
        Assert.All(thresholds.Low, at => Assert.Equal(80, at.Score, 1e-3f));
    }

    [Fact]
    public void WhatWasNotLearnedFromRaisesHigh()
    {
        // The eleven highest without, 90 to 100: their 98th percentile is 99.8.
        RedrawThresholds thresholds = Fit([150, 150, 150, 150, 150], With, Without, unlearned: 11)!;
        Assert.All(thresholds.High, at => Assert.Equal((99.8f + 150.6f) / 2, at.Score, 1e-3f));
    }

    [Fact]
    public void AStepThatCostsAccuracyIsLeftOut()
    {
        // In the first step those without score the other way round, so that from there on 100 is their 99th percentile, and 10 of 21 with reach
        // it; from the second step on it is 99, and 11 do.
        RedrawThresholds thresholds = Fit([-100, 89.5f, 89.5f, 89.5f, 89.5f], With, Without, isTurned: true)!;
        Assert.Equal(_timesteps[1..], thresholds.High.Select(at => at.Timestep));
        Assert.All(thresholds.High, at => Assert.Equal(99, at.Score, 1e-3f));
    }

    [Fact]
    public void WhatDoesNotStandOutHasNone() => Assert.Null(Fit([80, 80, 80, 80, 80], With, Without));

    [Theory, InlineData(19, Without), InlineData(With, 59)]
    public void TooFewPicturesGiveNone(int with, int without) => Assert.Null(Fit([150, 150, 150, 150, 150], with, without));

    [Fact]
    public void SeparationCountsPicturesThatReachAThresholdInSomeStep()
    {
        RedrawSeparation separation = Measure([-100, 90, 150, 150, 150], With, Without, new([new(600, 99.5f)], [new(600, 80)]));
        Assert.Equal((1, 1 / 101.0), (separation.HighFound, separation.HighFalse));
        Assert.Equal((1, 21 / 101.0), (separation.LowFound, separation.LowFalse));
    }

    [Fact]
    public void AFinishedPictureHasAThresholdAboveAllWithoutItThoughFewReachIt()
    {
        // The third step's scores stand for the look at finished pictures.
        Assert.Equal(new(240, (99 + 150.6f) / 2), Finished(150), _closeness); // Where high lies above them, that.
        // A tenth of a level, of 45, above the highest without.
        Assert.Equal(new(240, 104.5f), Finished(50), _closeness);
        Assert.Equal((1, 1 / 101.0), Seen(150, 99.5f));
        Assert.Equal((21 / 21.0, 51 / 101.0), Seen(50, 50));
    }

    private static readonly IEqualityComparer<ScoreThreshold> _closeness =
        EqualityComparer<ScoreThreshold>.Create((one, other) => one.Timestep == other.Timestep && MathF.Abs(one.Score - other.Score) < 1e-3f);

    private static ScoreThreshold Finished(float lowestWith) => Use([0, 0, lowestWith, 0, 0], With, Without, isTurned: false, (set, table) =>
        new ThresholdFitter(set, new([.. Enumerable.Range(0, With + Without)], [], [])).Finished(Third(table), 240));

    private static (double?, double?) Seen(float lowestWith, float threshold) => Use([0, 0, lowestWith, 0, 0], With, Without, isTurned: false, (set, table) =>
    {
        RedrawThresholds thresholds = new([new(600, 0)], [new(600, 0)]) { Finished = new(240, threshold) };
        RedrawSeparation separation = RedrawSeparation.Measure(set, [.. Enumerable.Range(0, With + Without)], table, thresholds, Third(table));
        return (separation.FinishedFound, separation.FinishedFalse);
    });

    private static ScoreTable Third(ScoreTable table)
    {
        ScoreTable third = new(With + Without, 1, 1);
        for (int picture = 0; picture < With + Without; picture++) table[picture, 2].CopyTo(third[picture, 0]);
        return third;
    }

    private static RedrawThresholds? Fit(float[] lowestWith, int with, int without, int unlearned = 0, bool isTurned = false) =>
        Use(lowestWith, with, without, isTurned, (set, table) =>
        {
            int[] all = [.. Enumerable.Range(0, with + without)];
            return new ThresholdFitter(set, new([.. all[..^unlearned]], [.. all[^unlearned..]], [])).Fit(table);
        });

    private static RedrawSeparation Measure(float[] lowestWith, int with, int without, RedrawThresholds thresholds) =>
        Use(lowestWith, with, without, isTurned: false, (set, table) => RedrawSeparation.Measure(set, [.. Enumerable.Range(0, with + without)], table, thresholds, null));

    /// <summary>Pictures with the concept score from a number of each step on upwards, those without from 0 on in every step, or in the first down to 0.</summary>
    private static T Use<T>(float[] lowestWith, int with, int without, bool isTurned, Func<LearningSet, ScoreTable, T> use)
    {
        using FeatureCache cache = new(new FeaturePlan([0, 1, 2, 3, 4], [.. _timesteps], Width: 1, Positions: 1));
        for (int picture = 0; picture < with + without; picture++)
        {
            for (int step = 0; step < _timesteps.Length; step++) cache.Write(picture, step, [Score(picture, step)]);
        }
        float[][] masks = [.. Enumerable.Range(0, with + without).Select(picture => new[] { picture < with ? 1f : 0 })];
        LearningSet set = new(cache, [.. Enumerable.Range(0, with + without)], masks);
        return use(set, set.Score([1], CancellationToken.None));

        float Score(int picture, int step) => picture < with ? lowestWith[step] + picture : isTurned && step == 0 ? with + without - 1 - picture : picture - with;
    }
}
