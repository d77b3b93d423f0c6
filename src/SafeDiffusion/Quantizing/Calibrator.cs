using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Quantization;

namespace SafeDiffusion.Quantizing;

/// <summary>Observes the ranges of a network's values, and measures what quantising layers costs its results.</summary>
/// <param name="network">The network.</param>
/// <param name="samples">What it is asked.</param>
/// <param name="state">What is known already.</param>
/// <param name="provider">What runs it.</param>
/// <param name="report">Told of the progress.</param>
/// <param name="cancellationToken">Ends the work within one network call.</param>
internal sealed class Calibrator(
    CalibratedNetwork network, CalibrationSamples samples, CalibrationState state, ProviderSettings provider, Action<QuantizationStage, int, int> report, CancellationToken cancellationToken)
{
    private readonly Dictionary<CalibrationSample, float[]> _expected = new(ReferenceEqualityComparer.Instance);

    /// <summary>The layers with their ranges.</summary>
    public QuantizedLayer[] Observe()
    {
        if (state.Of(network.Name).Ranges.Count == 0) state.SetRanges(network.Name, ObserveRanges());
        return [.. network.Layers.Select(layer => new QuantizedLayer(layer.Value, state.Of(network.Name).Ranges[layer.Input], layer.NeedsOutputRange ? state.Of(network.Name).Ranges[layer.Value] : null))];
    }

    /// <summary>What each of some sets of layers costs where it alone is quantised: error over signal at every sample.</summary>
    public Dictionary<string, double[]> Measure(IReadOnlyList<(string Name, QuantizedLayer[] Layers)> sets, IReadOnlyList<CalibrationSample> asked)
    {
        Expect(asked);
        for (int i = 0; i < sets.Count; i++)
        {
            report(QuantizationStage.Measuring, i, sets.Count);
            if (!state.Of(network.Name).Noise.ContainsKey(sets[i].Name)) state.SetNoise(network.Name, sets[i].Name, Measure(sets[i].Layers, asked));
        }
        return sets.ToDictionary(set => set.Name, set => state.Of(network.Name).Noise[set.Name]);
    }

    /// <summary>What a set of layers costs: error over signal at every sample.</summary>
    public double[] Measure(IReadOnlyList<QuantizedLayer> set, IReadOnlyList<CalibrationSample> asked)
    {
        Expect(asked);
        using NetworkProbe probe = network.Probe(network.Apply(set), provider, samples.Shape);
        return [.. asked.Select(sample => NoiseRatio.Of(_expected[sample], probe.Predict(sample, null, cancellationToken)))];
    }

    private void Expect(IReadOnlyList<CalibrationSample> asked)
    {
        if (asked.All(_expected.ContainsKey)) return;
        using NetworkProbe probe = network.Probe(network.File, provider, samples.Shape);
        foreach (CalibrationSample sample in asked) _expected[sample] = probe.Predict(sample, null, cancellationToken);
    }

    private Dictionary<string, ValueRange> ObserveRanges()
    {
        string[] values = [.. network.Layers.SelectMany(layer => layer.NeedsOutputRange ? new[] { layer.Input, layer.Value } : [layer.Input]).Distinct()];
        Dictionary<string, ValueHistogram> histograms = values.ToDictionary(value => value, _ => new ValueHistogram());
        using (NetworkProbe probe = network.Probe(network.Observe(values), provider, samples.Shape, values))
        {
            for (int i = 0; i < samples.Chosen.Count; i++)
            {
                report(QuantizationStage.Observing, i, samples.Chosen.Count);
                _expected[samples.Chosen[i]] = probe.Predict(samples.Chosen[i], (value, numbers) => histograms[value].Add(numbers), cancellationToken);
            }
        }
        return histograms.ToDictionary(histogram => histogram.Key, histogram => histogram.Value.Best());
    }
}
