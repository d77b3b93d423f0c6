using System.Globalization;
using SafeDiffusion.Training.Measuring;
using Spectre.Console;

namespace SafeDiffusion.Cli.Output;

/// <summary>Shows how well a guideline separates.</summary>
internal static class SeparationTable
{
    public static void Write(Separation separation)
    {
        TextTable table = new(
            $"{separation.WithConcept} held-out pictures with the concept, {separation.WithoutConcept} without; found in {Percent(separation.Triggered)} of the latter in some step",
            "timestep", "AUC", "IoU", "found", "falsely found", "edited of it", "edited besides");
        foreach (BandSeparation band in separation.Bands)
        {
            table.Add(
                band.Timestep.ToString(CultureInfo.InvariantCulture), Number(band.Auc), Number(band.Iou), Percent(band.Detected), Percent(band.FalselyDetected),
                Percent(band.EditedConcept), Percent(band.EditedRest));
        }
        table.Write();
        Terminal.Error.WriteLine(Redrawing(separation));
    }

    private static string Redrawing(Separation separation) => separation.Redrawing is { } redrawing
        ? $"redraw thresholds: {Percent(redrawing.HighFound)} of the held-out pictures with the concept reach the one for prompts that do not spell it ({Percent(redrawing.LowFound)} the one for those that do), and {Percent(redrawing.HighFalse)} of those without ({Percent(redrawing.LowFalse)})"
        : "no redraw thresholds: detect-and-redraw refuses this guideline. The concept does not stand out from the other pictures, or they are too few; add pictures (--unsafe-pictures, --safe-pictures)";

    private static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Percent(double value) => (100 * value).ToString("0.0", CultureInfo.InvariantCulture) + " %";
}
