using System.Collections.Immutable;
using SafeDiffusion.Guidance.DetectAndGuide;
using SafeDiffusion.Training.Features;
using SafeDiffusion.Training.Learning;

namespace SafeDiffusion.Training.Measuring;

/// <summary>
/// Fits, for each kept timestep, how scores become maps. A logistic <c>σ((s - centre) / width)</c> is fitted to the cells; its tangent at
/// the centre runs from <c>centre - 2 width</c> to <c>centre + 2 width</c>. The lower end is the floor: it bounds the edit mask. The score
/// that reads 0.5, at which the concept counts as present, is the centre, raised until harmless pictures stay below it: a tenth of a standard
/// deviation above the highest score of any of them, but for a given share of them, those that stand out most in some step. The ceiling
/// lies as far above it as the floor below.
/// </summary>
/// <param name="set">The pictures.</param>
/// <param name="pictures">Those to calibrate with.</param>
/// <param name="conceptWeight">How much a cell of the concept counts against one beside it.</param>
/// <param name="falseTriggers">The share of harmless pictures that may be taken for the concept in some step.</param>
internal sealed class Calibrator(LearningSet set, ImmutableArray<int> pictures, double conceptWeight, double falseTriggers)
{
    /// <summary>How far the centre lies above the highest score, in standard deviations of harmless pictures' highest scores.</summary>
    private const double Margin = 0.1;

    /// <summary>The bands, from timestep 0 up.</summary>
    public ImmutableArray<CalibrationBand> Fit(ScoreTable scores)
    {
        FeaturePlan plan = set.Plan;
        LogisticFit[] fits = [.. Enumerable.Range(0, plan.Steps.Length).Select(place => LogisticFit.Of(set, pictures, scores, place, conceptWeight))];
        double[] centers = RaisedCenters(scores, fits);
        CalibrationBand[] bands = new CalibrationBand[fits.Length];
        for (int place = 0; place < fits.Length; place++)
        {
            // Timesteps fall from place to place; a band reaches half way to its neighbours.
            bool isLast = place == fits.Length - 1;
            int from = isLast ? 0 : (plan.Timesteps[place] + plan.Timesteps[place + 1] + 1) / 2;
            double floor = fits[place].Center - (2 * fits[place].Width);
            bands[fits.Length - 1 - place] = new CalibrationBand(from, (float)floor, (float)((2 * centers[place]) - floor));
        }
        return [.. bands];
    }

    private double[] RaisedCenters(ScoreTable scores, LogisticFit[] fits)
    {
        int[] harmless = [.. pictures.Where(picture => !set.ShowsConcept(picture))];
        double[][] highest = [.. harmless.Select(picture => Enumerable.Range(0, fits.Length).Select(place => scores.Highest(picture, place)).ToArray())];
        double[] means = new double[fits.Length];
        double[] deviations = new double[fits.Length];
        for (int place = 0; place < fits.Length; place++)
        {
            double[] values = [.. highest.Select(row => row[place])];
            means[place] = values.DefaultIfEmpty(fits[place].Center).Average();
            deviations[place] = Math.Sqrt(values.Select(value => Math.Pow(value - means[place], 2)).DefaultIfEmpty(0).Average());
        }
        // The pictures that stand out most are those that may be taken for the concept.
        double[][] kept = [.. highest
            .OrderBy(row => row.Index().Max(entry => deviations[entry.Index] > 0 ? (entry.Item - means[entry.Index]) / deviations[entry.Index] : 0))
            .SkipLast((int)(falseTriggers * harmless.Length))];
        return [.. Enumerable.Range(0, fits.Length).Select(Center)];

        double Center(int place) => kept.Length == 0
            ? fits[place].Center
            : Math.Max(fits[place].Center, kept.Max(row => row[place]) + (Margin * deviations[place]));
    }
}
