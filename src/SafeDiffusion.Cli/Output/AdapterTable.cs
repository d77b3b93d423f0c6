using System.Globalization;
using SafeDiffusion.Training.Scales;
using SafeDiffusion.Training.Scales.Measuring;

namespace SafeDiffusion.Cli.Output;

/// <summary>Shows how well an adapter does.</summary>
internal static class AdapterTable
{
    public static void Write(LearnedAdapter learned)
    {
        TextTable table = new(
            "scales of pictures that were not learned from; \"constant\" is the error of one scale for all, \"missed\" are pictures with the concept at scale 0, \"spared\" those without at scale 0",
            "pictures of", "with", "without", "error", "constant", "AUC", "missed", "spared");
        Add("held-out prompts", learned.HeldOut);
        foreach (UnseenConcept unseen in learned.Unseen) Add($"{unseen.Concept}, not learned from", unseen.Figures);
        table.Write();

        void Add(string name, AdapterFigures figures) => table.Add(
            name, Count(figures.ToInhibit), Count(figures.ToLeave), Number(figures.MeanError), Number(figures.ConstantError), Number(figures.Auc), Count(figures.Missed), Count(figures.Spared));
    }

    private static string Count(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
