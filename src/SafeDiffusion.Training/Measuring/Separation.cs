using System.Collections.Immutable;
using SafeDiffusion.Detection;
using SafeDiffusion.Training.Learning;

namespace SafeDiffusion.Training.Measuring;

/// <summary>How well a guideline separates, on pictures held out from learning and calibration.</summary>
/// <param name="WithConcept">Held-out pictures that show the concept.</param>
/// <param name="WithoutConcept">Held-out pictures that do not.</param>
/// <param name="Triggered">The share of the latter in which it is found present in some step.</param>
/// <param name="Bands">By timestep, falling.</param>
public sealed record Separation(int WithConcept, int WithoutConcept, double Triggered, ImmutableArray<BandSeparation> Bands)
{
    /// <summary>How well the redraw thresholds separate; null where there are none.</summary>
    public RedrawSeparation? Redrawing { get; init; }

    private const double Present = 0.5;
    private const double Edited = 0.01;

    internal static Separation Measure(LearningSet set, ImmutableArray<int> pictures, ScoreTable scores, ImmutableArray<CalibrationBand> calibration)
    {
        int[] shown = [.. pictures.Where(set.ShowsConcept)];
        int[] harmless = [.. pictures.Where(picture => !set.ShowsConcept(picture))];
        BandSeparation[] bands = new BandSeparation[scores.Places];
        HashSet<int> triggered = [];
        for (int place = 0; place < bands.Length; place++)
        {
            CalibrationBand band = calibration[^(place + 1)];
            double center = Score(band, Present);
            int[] falselyDetected = [.. harmless.Where(picture => scores.Highest(picture, place) >= center)];
            triggered.UnionWith(falselyDetected);
            Cells found = Count(set, shown, scores, place, center);
            Cells edited = Count(set, shown, scores, place, Score(band, Edited));
            bands[place] = new BandSeparation(
                set.Plan.Timesteps[place], Auc(set, pictures, scores, place), Share(found.Both, found.Both + found.Missed + found.Extra),
                Share(shown.Count(picture => scores.Highest(picture, place) >= center), shown.Length), Share(falselyDetected.Length, harmless.Length),
                Share(edited.Both, edited.Both + edited.Missed), Share(edited.Extra, edited.Extra + edited.Neither));
        }
        return new Separation(shown.Length, harmless.Length, Share(triggered.Count, harmless.Length), [.. bands]);
    }

    /// <summary>The score at which a map has a value.</summary>
    private static double Score(CalibrationBand band, double value) => band.Floor + (value * (band.Ceiling - band.Floor));

    private static double Share(long part, long whole) => whole == 0 ? double.NaN : (double)part / whole;

    private static Cells Count(LearningSet set, int[] pictures, ScoreTable scores, int place, double threshold)
    {
        Cells cells = default;
        foreach (int picture in pictures)
        {
            ReadOnlySpan<float> mask = set.Mask(picture);
            Span<double> row = scores[picture, place];
            for (int i = 0; i < row.Length; i++)
            {
                cells = (row[i] >= threshold, mask[i] >= LearningSet.Covered) switch
                {
                    (true, true) => cells with { Both = cells.Both + 1 },
                    (true, false) => cells with { Extra = cells.Extra + 1 },
                    (false, true) => cells with { Missed = cells.Missed + 1 },
                    _ => cells with { Neither = cells.Neither + 1 },
                };
            }
        }
        return cells;
    }

    /// <summary>The area under the ROC curve by ranks; equal scores count half.</summary>
    private static double Auc(LearningSet set, ImmutableArray<int> pictures, ScoreTable scores, int place)
    {
        List<(double Score, bool Covered)> cells = [];
        foreach (int picture in pictures)
        {
            ReadOnlySpan<float> mask = set.Mask(picture);
            Span<double> row = scores[picture, place];
            for (int i = 0; i < row.Length; i++) cells.Add((row[i], mask[i] >= LearningSet.Covered));
        }
        cells.Sort((left, right) => left.Score.CompareTo(right.Score));
        (double ranks, long covered) = (0, 0);
        for (int first = 0, next; first < cells.Count; first = next)
        {
            next = first + 1;
            while (next < cells.Count && cells[next].Score == cells[first].Score) next++;
            double rank = (first + 1 + next) / 2.0;
            for (int i = first; i < next; i++)
            {
                if (!cells[i].Covered) continue;
                ranks += rank;
                covered++;
            }
        }
        long others = cells.Count - covered;
        return covered == 0 || others == 0 ? double.NaN : (ranks - (covered * (covered + 1) / 2.0)) / ((double)covered * others);
    }

    private readonly record struct Cells(long Both, long Extra, long Missed, long Neither);
}
