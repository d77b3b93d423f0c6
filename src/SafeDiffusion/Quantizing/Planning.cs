using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Quantization;
using SafeDiffusion.Model.Loading;

namespace SafeDiffusion.Quantizing;

/// <summary>Makes a plan: ranges, what each layer and each role costs, which layers stay float, and what all that gives on other prompts.</summary>
internal sealed class Planning(Calibrator calibrator, IReadOnlyList<QuantizableLayer> layers, CalibrationSamples samples, QuantizationOptions options, Action<QuantizationStage, int, int> report)
{
    private const int MostRounds = 6;

    public QuantizationPlan Make(string hash, string tool)
    {
        QuantizedLayer[] ranges = calibrator.Observe();
        CalibrationSample[] asked = CalibrationSamples.Some(samples.Chosen, options.SensitivitySamples);
        Dictionary<string, double[]> noise = asked.Length == 0 ? [] : calibrator.Measure([.. Groups(ranges), .. ranges.Select(layer => (layer.Value, new[] { layer }))], asked);
        HashSet<string> chosen = asked.Length == 0 ? [.. layers.Select(layer => layer.Value)] : Choose(ranges, noise, asked);
        double[] held = calibrator.Measure([.. ranges.Where(layer => chosen.Contains(layer.Value))], samples.Held);
        double total = layers.Sum(layer => (double)layer.Multiplications);
        int[] timesteps = TimestepsOf(asked), heldTimesteps = TimestepsOf(samples.Held);
        return new QuantizationPlan
        {
            BaseModelHash = hash,
            Tool = tool,
            Timesteps = timesteps,
            HeldTimesteps = heldTimesteps,
            Layers = [.. layers.Zip(ranges, (layer, range) => new PlannedLayer(
                layer.Name, layer.Value, layer.Role, chosen.Contains(layer.Value), layer.Weights, layer.Multiplications / total, range.Input, range.Output, AtTimesteps(noise.GetValueOrDefault(layer.Value), asked, timesteps)))],
            Groups = [.. layers.GroupBy(layer => layer.Role).OrderBy(group => group.Key).Select(group => new GroupSensitivity(group.Key, group.Count(), AtTimesteps(noise.GetValueOrDefault(Group(group.Key)), asked, timesteps)))],
            SignalToNoise = AtTimesteps(held, samples.Held, heldTimesteps),
            MeanSignalToNoise = NoiseRatio.Decibels(NoiseRatio.Mean(held, samples.Held)),
        };
    }

    /// <summary>Errors do not quite add up: where the whole costs more than the sum of its parts, the budget of the parts is less.</summary>
    private HashSet<string> Choose(QuantizedLayer[] ranges, Dictionary<string, double[]> noise, CalibrationSample[] asked)
    {
        Dictionary<string, double> means = layers.ToDictionary(layer => layer.Value, layer => NoiseRatio.Mean(noise[layer.Value], asked));
        double allowed = Math.Pow(10, -options.Budget / 10), parts = allowed;
        for (int round = 0; round < MostRounds; round++)
        {
            report(QuantizationStage.Choosing, round, MostRounds);
            HashSet<string> chosen = LayerChoice.Within(layers, means, parts);
            if (chosen.Count == 0) break;
            double measured = NoiseRatio.Mean(calibrator.Measure([.. ranges.Where(layer => chosen.Contains(layer.Value))], asked), asked);
            if (measured <= allowed) return chosen;
            parts = Math.Min(parts, means.Where(layer => chosen.Contains(layer.Key)).Sum(layer => layer.Value)) * allowed / measured * 0.97;
        }
        throw new InvalidRequestException("budget", $"of {options.Budget} dB is not kept by any choice of layers that was tried. Allow more error, or keep the model as it is.");
    }

    private IEnumerable<(string, QuantizedLayer[])> Groups(QuantizedLayer[] ranges) =>
        layers.Zip(ranges).GroupBy(pair => pair.First.Role).OrderBy(group => group.Key).Select(group => (Group(group.Key), group.Select(pair => pair.Second).ToArray()));

    private static string Group(LayerRole role) => $"all of role {role}";

    private static int[] TimestepsOf(IEnumerable<CalibrationSample> asked) => [.. asked.Select(sample => sample.Timestep).Distinct().OrderDescending()];

    private static double[] AtTimesteps(double[]? ratios, IReadOnlyList<CalibrationSample> asked, int[] timesteps) => ratios is null
        ? []
        : [.. timesteps.Select(timestep => NoiseRatio.Decibels(ratios.Where((_, i) => asked[i].Timestep == timestep).Average()))];
}
