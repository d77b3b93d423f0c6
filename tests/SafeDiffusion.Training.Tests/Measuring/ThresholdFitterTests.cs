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
    public void ThresholdsFollowTheFormulaFromTheStepOnWhereTheTwoAreApart()
    {
        // Without: 0 to 100. With: in the first step below, then 90 to 110, then 150 to 170, 150 to 170, and 85 to 105.
        RedrawThresholds thresholds = Fit([-100, 90, 150, 150, 85], With, Without)!;
        Assert.Equal([600, 500, 400, 300], thresholds.Low.Select(at => at.Timestep));
        Assert.Equal([600, 500, 400, 300], thresholds.High.Select(at => at.Timestep));
        // High: the middle of the 99th percentile without, 99, and the 5th with, 91 and 151; but at least the 99.5th without.
        Assert.Equal([99.5f, (99 + 151) / 2f, (99 + 151) / 2f, 99.5f], thresholds.High.Select(at => at.Score), (one, other) => Math.Abs(one - other) < 1e-3f);
        // Low: the 80th percentile without, since all with it lie above.
        Assert.All(thresholds.Low, at => Assert.Equal(80, at.Score, 3));
    }

    [Fact]
    public void LowBeginsWhereHighDoesNotYet()
    {
        RedrawThresholds thresholds = Fit([78, 78, 150, 150, 150], With, Without)!;
        Assert.Equal(_timesteps, thresholds.Low.Select(at => at.Timestep));
        Assert.Equal([500, 400, 300], thresholds.High.Select(at => at.Timestep));
        // The 3rd percentile of 78 to 98.
        Assert.Equal(78.6f, thresholds.Low[0].Score, 3);
    }

    [Fact]
    public void WhatIsApartInTwoStepsOnlyCountsForNothing() => Assert.Null(Fit([150, 150, -100, -100, -100], With, Without));

    [Theory, InlineData(19, Without), InlineData(With, 59)]
    public void TooFewPicturesGiveNone(int with, int without) => Assert.Null(Fit([150, 150, 150, 150, 150], with, without));

    [Fact]
    public void SeparationCountsPicturesThatReachAThresholdInSomeStep()
    {
        RedrawSeparation separation = Measure([-100, 90, 150, 150, 150], With, Without, new([new(600, 99.5f)], [new(600, 80)]));
        Assert.Equal((1, 1 / 101.0), (separation.HighFound, separation.HighFalse));
        Assert.Equal((1, 21 / 101.0), (separation.LowFound, separation.LowFalse));
    }

    private static RedrawThresholds? Fit(float[] lowestWith, int with, int without) =>
        Use(lowestWith, with, without, (set, table) => new ThresholdFitter(set, [.. Enumerable.Range(0, with + without)]).Fit(table));

    private static RedrawSeparation Measure(float[] lowestWith, int with, int without, RedrawThresholds thresholds) =>
        Use(lowestWith, with, without, (set, table) => RedrawSeparation.Measure(set, [.. Enumerable.Range(0, with + without)], table, thresholds));

    /// <summary>Pictures with the concept score from a number of each step on upwards, those without from 0 on in every step.</summary>
    private static T Use<T>(float[] lowestWith, int with, int without, Func<LearningSet, ScoreTable, T> use)
    {
        using FeatureCache cache = new(new FeaturePlan([0, 1, 2, 3, 4], [.. _timesteps], Width: 1, Positions: 1));
        for (int picture = 0; picture < with + without; picture++)
        {
            for (int step = 0; step < _timesteps.Length; step++) cache.Write(picture, step, [picture < with ? lowestWith[step] + picture : picture - with]);
        }
        float[][] masks = [.. Enumerable.Range(0, with + without).Select(picture => new[] { picture < with ? 1f : 0 })];
        LearningSet set = new(cache, [.. Enumerable.Range(0, with + without)], masks);
        return use(set, set.Score([1], CancellationToken.None));
    }
}
