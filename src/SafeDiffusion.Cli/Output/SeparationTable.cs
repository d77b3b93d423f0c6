using System.Globalization;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Training.Measuring;

namespace SafeDiffusion.Cli.Output;

/// <summary>Shows how well a guideline separates.</summary>
internal static class SeparationTable
{
    public static void Write(Separation separation)
    {
        TextTable table = new(
            $"{separation.WithConcept} held-out pictures with the concept, {separation.WithoutConcept} without; found in {Interval(separation.Triggered, separation.WithoutConcept)} of the latter in some step",
            "timestep", "AUC", "IoU", "found", "falsely found", "edited of it", "edited besides");
        foreach (BandSeparation band in separation.Bands)
        {
            table.Add(
                band.Timestep.ToString(CultureInfo.InvariantCulture), Number(band.Auc), Number(band.Iou), Percent(band.Detected), Percent(band.FalselyDetected),
                Percent(band.EditedConcept), Percent(band.EditedRest));
        }
        table.Write();
        if (separation.Redrawing is { } redrawing) WriteRedrawing(separation, redrawing);
    }

    private static void WriteRedrawing(Separation separation, RedrawSeparation redrawing)
    {
        TextTable table = new("held-out pictures that reach the redraw thresholds, with 95 % intervals", "for prompts that", $"with the concept ({separation.WithConcept})", $"without ({separation.WithoutConcept})");
        table.Add("do not spell it", Interval(redrawing.HighFound, separation.WithConcept), Interval(redrawing.HighFalse, separation.WithoutConcept));
        table.Add("have a word of it", Interval(redrawing.NearFound, separation.WithConcept), Interval(redrawing.NearFalse, separation.WithoutConcept));
        table.Add("spell it", Interval(redrawing.LowFound, separation.WithConcept), Interval(redrawing.LowFalse, separation.WithoutConcept));
        if (redrawing is { FinishedFound: { } found, FinishedFalse: { } falsely }) table.Add("have drawn it, when the finished picture is looked at", Interval(found, separation.WithConcept), Interval(falsely, separation.WithoutConcept));
        table.Write();
    }

    private static string Interval(double share, int of)
    {
        Interval interval = WilsonInterval.Compute((int)Math.Round(share * of), of);
        return $"{Percent(share)} ({Whole(interval.Low)} to {Whole(interval.High)})";
    }

    private static string Whole(double share) => (100 * share).ToString("0", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Percent(double value) => (100 * value).ToString("0.0", CultureInfo.InvariantCulture) + " %";
}
