using System.Globalization;
using SafeDiffusion.Model.Loading;

namespace SafeDiffusion.Cli.Output;

/// <summary>What a quantisation costs: role by role, the dearest layers, and the whole.</summary>
internal static class QuantizationTable
{
    private const int Most = 12;

    public static void Write(QuantizationPlan plan)
    {
        Write("By role, where these layers alone are quantised", plan.Groups, plan.Layers, [.. plan.Timesteps.Select(At)]);
        Terminal.WriteLine($"On prompts that nothing was chosen by: {Decibels(plan.MeanSignalToNoise)}, weighted by how much noise is left; {string.Join(", ", plan.HeldTimesteps.Zip(plan.SignalToNoise, (timestep, ratio) => $"{At(timestep)} {Decibels(ratio)}"))}.");
        if (plan.VaeDecoder is not { } decoder) return;
        Write("VAE decoder", decoder.Groups, decoder.Layers, decoder.Groups.Any(group => group.SignalToNoise.Count > 0) ? ["Picture"] : []);
        Terminal.WriteLine($"Pictures of prompts that nothing was chosen by: {Decibels(decoder.SignalToNoise)}.");
    }

    private static void Write(string title, IReadOnlyList<GroupSensitivity> groups, IReadOnlyList<PlannedLayer> all, string[] measured)
    {
        TextTable table = new(title, ["Layers", "Count", "In 8 bits", "Work", .. measured]);
        foreach (GroupSensitivity group in groups)
        {
            PlannedLayer[] layers = [.. all.Where(layer => layer.Role == group.Role)];
            table.Add([group.Role.ToString(), Number(layers.Length), Number(layers.Count(layer => layer.IsQuantized)), Share(layers), .. group.SignalToNoise.Select(Decibels)]);
        }
        table.Write();
        PlannedLayer[] left = [.. all.Where(layer => !layer.IsQuantized)];
        if (left.Length > 0) WriteLeft(left, measured);
        Terminal.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all.Count - left.Length} of {all.Count} layers run in 8 bits, {Share(all.Where(layer => layer.IsQuantized))} of the work of all."));
    }

    private static void WriteLeft(PlannedLayer[] left, string[] measured)
    {
        TextTable table = new($"Left in float: {left.Length}, by what they would cost (the table is whole in {QuantizationPlan.FileName})", ["Layer", "Work", .. measured]);
        foreach (PlannedLayer layer in left.OrderBy(layer => layer.SignalToNoise.DefaultIfEmpty().Min()).Take(Most)) table.Add([layer.Name, Share([layer]), .. layer.SignalToNoise.Select(Decibels)]);
        table.Write();
    }

    private static string At(int timestep) => $"t={Number(timestep)}";

    private static string Decibels(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio:0.0} dB");

    private static string Share(IEnumerable<PlannedLayer> layers) => string.Create(CultureInfo.InvariantCulture, $"{100 * layers.Sum(layer => layer.Share):0.0} %");

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
