using SafeDiffusion.Guidance.DetectAndGuide;
using SafeDiffusion.Training.Features;
using SafeDiffusion.Training.Learning;

namespace SafeDiffusion.Training.Measuring;

/// <summary>Formula layer: calibration and separation on scores made by hand, one token of width 1 whose feature is the score.</summary>
public sealed class CalibratorTests
{
    // Two pictures with the concept in their first two cells, four without it; one of those scores as high as the concept.
    private static readonly float[][] _masks = [[1, 1, 0, 0], [1, 1, 0, 0], new float[4], new float[4], new float[4], new float[4]];
    private static readonly float[][] _scores = [[5, 6, 0, 1], [6, 5, 1, 0], [0, 1, 0, 2], [1, 0, 2, 0], [0, 0, 1, 1], [0, 1, 0, 5.5f]];

    [Fact]
    public void NoHarmlessPictureReachesTheCentre()
    {
        CalibrationBand band = Calibrate(0);
        Assert.True(Centre(band) > 5.5, band.ToString());
        Assert.Equal(0, Measure(band).Triggered);
    }

    [Fact]
    public void CentreIsTheLogisticsWhereHarmlessPicturesMayReachIt()
    {
        CalibrationBand band = Calibrate(0.25);
        Assert.InRange(Centre(band), 2, 5);
        Separation separation = Measure(band);
        Assert.Equal(0.25, separation.Triggered);
        Assert.Equal((1, 0.25, 1), (separation.Bands[0].Detected, separation.Bands[0].FalselyDetected, separation.Bands[0].Iou));
        // Of 4 · 20 pairs the outlier is above two of the concept's four cells.
        Assert.Equal(78 / 80.0, separation.Bands[0].Auc, 12);
    }

    private static double Centre(CalibrationBand band) => (band.Floor + band.Ceiling) / 2;

    private static CalibrationBand Calibrate(double falseTriggers) => With((set, scores) =>
        new Calibrator(set, [.. Enumerable.Range(0, 6)], 1, falseTriggers).Fit(scores)[0]);

    private static Separation Measure(CalibrationBand band) => With((set, scores) => Separation.Measure(set, [.. Enumerable.Range(0, 6)], scores, [band]));

    private static T With<T>(Func<LearningSet, ScoreTable, T> use)
    {
        using FeatureCache cache = new(new FeaturePlan([0], [500], Width: 1, Positions: 4));
        for (int i = 0; i < _scores.Length; i++) cache.Write(i, 0, _scores[i]);
        LearningSet set = new(cache, [.. Enumerable.Range(0, 6)], _masks);
        return use(set, set.Score([1], CancellationToken.None));
    }
}
