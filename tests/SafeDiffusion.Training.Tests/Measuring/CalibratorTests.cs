using SafeDiffusion.Detection;
using SafeDiffusion.Training.Learning;
using SafeDiffusion.Training.Recording;

namespace SafeDiffusion.Training.Measuring;

/// <summary>Formula layer: calibration and separation on scores made by hand, one token of width 1 whose feature is the score.</summary>
public sealed class CalibratorTests
{
    // Two pictures with the concept in their first two cells, four without it; one of those scores as high as the concept.
    private static readonly float[][] _masks = [[1, 1, 0, 0], [1, 1, 0, 0], new float[4], new float[4], new float[4], new float[4]];
    private static readonly float[][] _scores = [[5, 6, 0, 1], [6, 5, 1, 0], [0, 1, 0, 2], [1, 0, 2, 0], [0, 0, 1, 1], [0, 1, 0, 5.5f]];

    [Fact]
    public void TheConceptIsPresentWhereFewOfItsPicturesAreMissed()
    {
        // The harmless pictures reach 2, 2, 1 and 5.5, the others 6 and 6: what those reach is above all else.
        CalibrationBand band = Calibrate(0);
        Assert.Equal(6, Centre(band), 5);
        Assert.Equal(0, Measure(band).Triggered);
        Assert.Equal(1, Measure(band).Bands[0].Detected);
    }

    [Fact]
    public void TheShareOfHarmlessPicturesIsAllowedWhereTheConceptDoesNotStandOut()
    {
        // Without the two pictures that show it clearly, the quantile of the four harmless ones decides: 2 at one half.
        float[][] scores = [[1, 1, 0, 0], [1, 1, 0, 0], .. _scores[2..]];
        Assert.Equal(2, Centre(Calibrate(0.5, scores: scores)), 5);
    }

    [Fact]
    public void TheEditMaskReachesAsFarAsItsWidths()
    {
        (CalibrationBand narrow, CalibrationBand wide) = (Calibrate(0, maskWidths: 2), Calibrate(0, maskWidths: 4));
        LogisticFit fit = With(_scores, (set, table) => LogisticFit.Of(set, [.. Enumerable.Range(0, 6)], table, 0, 1));
        Assert.Equal(Math.Min(fit.Center, 6) - (2 * fit.Width), narrow.Floor, 4);
        Assert.Equal(2 * fit.Width, narrow.Floor - wide.Floor, 4);
        Assert.Equal(Centre(narrow), Centre(wide), 4);
    }

    [Fact]
    public void SeparationIsCountedByCellAndByPicture()
    {
        Separation separation = Measure(new CalibrationBand(0, 0, 10));
        Assert.Equal(0.25, separation.Triggered);
        Assert.Equal((1, 0.25, 1), (separation.Bands[0].Detected, separation.Bands[0].FalselyDetected, separation.Bands[0].Iou));
        // Of 4 · 20 pairs the outlier is above two of the concept's four cells.
        Assert.Equal(78 / 80.0, separation.Bands[0].Auc, 12);
    }

    private static double Centre(CalibrationBand band) => (band.Floor + band.Ceiling) / 2;

    private static CalibrationBand Calibrate(double falseTriggers, double maskWidths = 2, float[][]? scores = null)
    {
        GuidelineLearningOptions options = new() { Concept = "a star", FalseTriggers = falseTriggers, MaskWidths = maskWidths };
        return With(scores ?? _scores, (set, table) => new Calibrator(set, [.. Enumerable.Range(0, 6)], new(options.ConceptWeight, options.FalseTriggers, options.MaskWidths)).Fit(table)[0]);
    }

    private static Separation Measure(CalibrationBand band) =>
        With(_scores, (set, table) => Separation.Measure(set, [.. Enumerable.Range(0, 6)], table, [band]));

    private static T With<T>(float[][] scores, Func<LearningSet, ScoreTable, T> use)
    {
        using FeatureCache cache = new(new FeaturePlan([0], [500], Width: 1, Positions: 4));
        for (int i = 0; i < scores.Length; i++) cache.Write(i, 0, scores[i]);
        LearningSet set = new(cache, [.. Enumerable.Range(0, 6)], _masks);
        return use(set, set.Score([1], CancellationToken.None));
    }
}
