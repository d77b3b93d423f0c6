using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Training.Measuring;
using SafeDiffusion.Training.Scales.Fitting;

namespace SafeDiffusion.Training.Scales.Measuring;

/// <summary>How well an adapter does on pictures that it was not learned from. A scale is what acts: the adapter's answer, 0 where that is below.</summary>
/// <param name="ToInhibit">Pictures whose labelled scale is above 0.</param>
/// <param name="ToLeave">Pictures whose labelled scale is 0.</param>
/// <param name="MeanError">The mean distance of predicted and labelled scale.</param>
/// <param name="ConstantError">The same where the mean label of the pictures learned from is said to all.</param>
/// <param name="Auc">How often a picture to inhibit has the higher answer than one to leave; not a number where one kind is missing.</param>
/// <param name="Missed">The pictures to inhibit whose scale is 0: nothing protects them.</param>
/// <param name="Spared">The pictures to leave whose scale is 0: they stay as they are.</param>
public sealed record AdapterFigures(int ToInhibit, int ToLeave, double MeanError, double ConstantError, double Auc, int Missed, int Spared)
{
    internal static AdapterFigures Of(IReadOnlyList<ScaleSample> learned, IReadOnlyList<ScaleSample> measured, ScaleAdapter adapter)
    {
        double mean = learned.Average(sample => (double)sample.Scale);
        float[] answers = [.. measured.Select(sample => Answer(adapter, sample))];
        return new(
            measured.Count(sample => sample.Scale > 0), measured.Count(sample => sample.Scale == 0),
            measured.Select((sample, i) => Math.Abs(Math.Max(0, answers[i]) - sample.Scale)).Average(),
            measured.Average(sample => Math.Abs(mean - sample.Scale)),
            RankStatistic.AucInPlace([.. measured.Select((sample, i) => ((double)answers[i], sample.Scale > 0))]),
            measured.Where((sample, i) => sample.Scale > 0 && answers[i] <= 0).Count(),
            measured.Where((sample, i) => sample.Scale == 0 && answers[i] <= 0).Count());
    }

    /// <summary>The greatest answer to the picture's own tokens: at or below 0 nothing is inhibited.</summary>
    internal static float Answer(ScaleAdapter adapter, ScaleSample sample) => sample.Responses.Max(token => adapter.Scale(token));
}
