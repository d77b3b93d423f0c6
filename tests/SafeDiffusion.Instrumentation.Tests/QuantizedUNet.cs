using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Quantization;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Quantises graphs by what their own values are on some inputs.</summary>
internal static class QuantizedUNet
{
    /// <summary>All layers, with the ranges from the least to the greatest value that is seen.</summary>
    public static QuantizedLayer[] Observed(OnnxModelFile model, float timestep, params Dictionary<string, TestTensor>[] inputs)
    {
        IReadOnlyList<QuantizableLayer> layers = UNetQuantization.Layers(model);
        string[] values = [.. layers.SelectMany(layer => layer.NeedsOutputRange ? new[] { layer.Input, layer.Value } : [layer.Input]).Distinct()];
        Dictionary<string, ValueRange> ranges = [];
        using TestSession session = new(UNetQuantization.Observe(model, values));
        foreach (Dictionary<string, TestTensor> input in inputs)
        {
            Dictionary<string, TestTensor> seen = session.Run(timestep, input);
            foreach (string value in values)
            {
                ValueRange before = ranges.GetValueOrDefault(value);
                ranges[value] = new(Math.Min(before.Low, seen[value].Values.Min()), Math.Max(before.High, seen[value].Values.Max()));
            }
        }
        return [.. layers.Select(layer => new QuantizedLayer(layer.Value, ranges[layer.Input], layer.NeedsOutputRange ? ranges[layer.Value] : null))];
    }

    /// <summary>The power of the signal over that of the difference, in decibels.</summary>
    public static double SignalToNoise(TestTensor expected, TestTensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        double signal = expected.Values.Sum(value => (double)value * value);
        double noise = expected.Values.Zip(actual.Values, (a, b) => ((double)a - b) * ((double)a - b)).Sum();
        return 10 * Math.Log10(signal / noise);
    }
}
