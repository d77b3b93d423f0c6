using System.Globalization;
using SafeDiffusion.Model.Loading;

namespace SafeDiffusion.Cli.Output;

/// <summary>What a quantisation costs: role by role, the dearest layers, and the whole.</summary>
internal static class QuantizationTable
{
    private const int Most = 12;

    public static void Write(QuantizationPlan plan)
    {
        TextTable groups = new("By role, where these layers alone are quantised", ["Layers", "Count", "In 8 bits", "Work", .. plan.Timesteps.Select(At)]);
        foreach (GroupSensitivity group in plan.Groups)
        {
            PlannedLayer[] layers = [.. plan.Layers.Where(layer => layer.Role == group.Role)];
            groups.Add([group.Role.ToString(), Number(layers.Length), Number(layers.Count(layer => layer.IsQuantized)), Share(layers), .. group.SignalToNoise.Select(Decibels)]);
        }
        groups.Write();
        PlannedLayer[] left = [.. plan.Layers.Where(layer => !layer.IsQuantized)];
        if (left.Length > 0) WriteLeft(plan, left);
        Terminal.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{plan.Layers.Count - left.Length} of {plan.Layers.Count} layers run in 8 bits, {Share(plan.Layers.Where(layer => layer.IsQuantized))} of the work of all."));
        Terminal.WriteLine($"On prompts that nothing was chosen by: {Decibels(plan.MeanSignalToNoise)}, weighted by how much noise is left; {string.Join(", ", plan.HeldTimesteps.Zip(plan.SignalToNoise, (timestep, ratio) => $"{At(timestep)} {Decibels(ratio)}"))}.");
    }

    private static void WriteLeft(QuantizationPlan plan, PlannedLayer[] left)
    {
        TextTable table = new($"Left in float: {left.Length}, by what they would cost (the table is whole in {QuantizationPlan.FileName})", ["Layer", "Work", .. plan.Timesteps.Select(At)]);
        foreach (PlannedLayer layer in left.OrderBy(layer => layer.SignalToNoise.DefaultIfEmpty().Min()).Take(Most)) table.Add([layer.Name, Share([layer]), .. layer.SignalToNoise.Select(Decibels)]);
        table.Write();
    }

    private static string At(int timestep) => $"t={Number(timestep)}";

    private static string Decibels(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio:0.0} dB");

    private static string Share(IEnumerable<PlannedLayer> layers) => string.Create(CultureInfo.InvariantCulture, $"{100 * layers.Sum(layer => layer.Share):0.0} %");

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
