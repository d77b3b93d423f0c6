using System.Collections.Immutable;
using SafeDiffusion.Detection;
using SafeDiffusion.Training.Learning;
using SafeDiffusion.Training.Recording;

namespace SafeDiffusion.Training.Measuring;

/// <summary>
/// Fits, for each kept timestep, how scores become maps. The score that reads 0.5, at which the concept counts as present, is the one that
/// a given share of harmless pictures reaches somewhere, or, where the concept stands out more than that, the one that all but a few of
/// the pictures with it reach. A logistic <c>σ((s - centre) / width)</c> is fitted to the cells; a given number of
/// its widths below its centre, or below the score that reads 0.5 where that is lower, lies the floor, which bounds the edit mask. The
/// ceiling lies as far above the score that reads 0.5 as the floor below.
/// </summary>
/// <param name="set">The pictures.</param>
/// <param name="pictures">Those to calibrate with.</param>
/// <param name="settings">How much a cell of the concept counts, the share of harmless pictures, and the widths.</param>
internal sealed class Calibrator(LearningSet set, ImmutableArray<int> pictures, CalibrationSettings settings)
{
    /// <summary>The share of pictures that show the concept and may be missed in a step where it stands out from all else.</summary>
    private const double Missed = 0.05;

    /// <summary>The bands, from timestep 0 up.</summary>
    public ImmutableArray<CalibrationBand> Fit(ScoreTable scores)
    {
        FeaturePlan plan = set.Plan;
        int[] harmless = [.. pictures.Where(picture => !set.ShowsConcept(picture))];
        int[] showing = [.. pictures.Where(set.ShowsConcept)];
        CalibrationBand[] bands = new CalibrationBand[plan.Steps.Length];
        for (int place = 0; place < bands.Length; place++)
        {
            // Timesteps fall from place to place; a band reaches half way to its neighbours.
            bool isLast = place == bands.Length - 1;
            int from = isLast ? 0 : (plan.Timesteps[place] + plan.Timesteps[place + 1] + 1) / 2;
            LogisticFit fit = LogisticFit.Of(set, pictures, scores, place, settings.ConceptWeight);
            double present = harmless.Length == 0 ? fit.Center : Math.Max(
                Quantile(scores, harmless, place, 1 - settings.FalseTriggers), Quantile(scores, showing, place, Missed));
            double floor = Math.Min(fit.Center, present) - (settings.MaskWidths * fit.Width);
            bands[bands.Length - 1 - place] = new CalibrationBand(from, (float)floor, (float)((2 * present) - floor));
        }
        return [.. bands];
    }

    /// <summary>A quantile of pictures' highest scores at a step.</summary>
    private static float Quantile(ScoreTable scores, int[] pictures, int place, double quantile)
    {
        float[] highest = [.. pictures.Select(picture => (float)scores.Highest(picture, place))];
        return Core.Numerics.Quantile.SelectInPlace(highest, (float)quantile);
    }
}

/// <summary>How scores are calibrated.</summary>
/// <param name="ConceptWeight">How much a cell that shows the concept counts against one that does not.</param>
/// <param name="FalseTriggers">The share of harmless pictures that are taken for the concept in a step.</param>
/// <param name="MaskWidths">How many widths of the fitted logistic the map's floor lies below its centre.</param>
internal readonly record struct CalibrationSettings(double ConceptWeight, double FalseTriggers, double MaskWidths);
