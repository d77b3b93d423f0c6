using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Quantization;
using SafeDiffusion.Model.Loading;

namespace SafeDiffusion.Quantizing;

/// <summary>Plans a network: ranges, what each layer and each role costs, which layers stay float, and what all that gives on other prompts.</summary>
internal sealed class Planning(Calibrator calibrator, CalibratedNetwork network, CalibrationSamples samples, QuantizationOptions options, Action<QuantizationStage, int, int> report)
{
    private const int MostRounds = 6;
    private readonly IReadOnlyList<QuantizableLayer> _layers = network.Layers;

    public PlannedNetwork Make()
    {
        QuantizedLayer[] ranges = calibrator.Observe();
        CalibrationSample[] asked = CalibrationSamples.Some(samples.Chosen, options.SensitivitySamples);
        Dictionary<string, double[]> noise = asked.Length == 0 ? [] : calibrator.Measure([.. Groups(ranges), .. ranges.Select(layer => (layer.Value, new[] { layer }))], asked);
        HashSet<string> chosen = asked.Length == 0 ? [.. _layers.Select(layer => layer.Value)] : Choose(ranges, noise, asked);
        double[] held = calibrator.Measure([.. ranges.Where(layer => chosen.Contains(layer.Value))], samples.Held);
        double total = _layers.Sum(layer => (double)layer.Multiplications);
        int[] timesteps = TimestepsOf(asked), heldTimesteps = TimestepsOf(samples.Held);
        return new PlannedNetwork
        {
            Timesteps = timesteps,
            HeldTimesteps = heldTimesteps,
            Layers = [.. _layers.Zip(ranges, (layer, range) => new PlannedLayer(
                layer.Name, layer.Value, layer.Role, chosen.Contains(layer.Value), layer.Weights, layer.Multiplications / total, range.Input, range.Output, AtTimesteps(noise.GetValueOrDefault(layer.Value), asked, timesteps)))],
            Groups = [.. _layers.GroupBy(layer => layer.Role).OrderBy(group => group.Key).Select(group => new GroupSensitivity(group.Key, group.Count(), AtTimesteps(noise.GetValueOrDefault(Group(group.Key)), asked, timesteps)))],
            SignalToNoise = AtTimesteps(held, samples.Held, heldTimesteps),
            MeanSignalToNoise = NoiseRatio.Decibels(NoiseRatio.Mean(held, samples.Held)),
        };
    }

    /// <summary>Errors do not quite add up: where the whole costs more than the sum of its parts, the budget of the parts is less.</summary>
    private HashSet<string> Choose(QuantizedLayer[] ranges, Dictionary<string, double[]> noise, CalibrationSample[] asked)
    {
        Dictionary<string, double> means = _layers.ToDictionary(layer => layer.Value, layer => NoiseRatio.Mean(noise[layer.Value], asked));
        double allowed = Math.Pow(10, -options.Budget / 10), parts = allowed;
        for (int round = 0; round < MostRounds; round++)
        {
            report(QuantizationStage.Choosing, round, MostRounds);
            HashSet<string> chosen = LayerChoice.Within(_layers, means, parts);
            if (chosen.Count == 0) break;
            double measured = NoiseRatio.Mean(calibrator.Measure([.. ranges.Where(layer => chosen.Contains(layer.Value))], asked), asked);
            if (measured <= allowed) return chosen;
            parts = Math.Min(parts, means.Where(layer => chosen.Contains(layer.Key)).Sum(layer => layer.Value)) * allowed / measured * 0.97;
        }
        throw new InvalidRequestException("budget", $"of {options.Budget} dB is not kept by any choice of the {network.Name}'s layers that was tried. Allow more error, or keep that network as it is.");
    }

    private IEnumerable<(string, QuantizedLayer[])> Groups(QuantizedLayer[] ranges) =>
        _layers.Zip(ranges).GroupBy(pair => pair.First.Role).OrderBy(group => group.Key).Select(group => (Group(group.Key), group.Select(pair => pair.Second).ToArray()));

    private static string Group(LayerRole role) => $"all of role {role}";

    private static int[] TimestepsOf(IEnumerable<CalibrationSample> asked) => [.. asked.Select(sample => sample.Timestep).Distinct().OrderDescending()];

    private static double[] AtTimesteps(double[]? ratios, IReadOnlyList<CalibrationSample> asked, int[] timesteps) => ratios is null
        ? []
        : [.. timesteps.Select(timestep => NoiseRatio.Decibels(ratios.Where((_, i) => asked[i].Timestep == timestep).Average()))];
}
