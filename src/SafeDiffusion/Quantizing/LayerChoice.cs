using SafeDiffusion.Instrumentation.Quantization;

namespace SafeDiffusion.Quantizing;

/// <summary>Chooses the layers that stay float: those that cost most for the work that they would save, until what is left keeps within a budget.</summary>
internal static class LayerChoice
{
    /// <summary>The layers to quantise. Errors of different layers are taken as independent: their powers add up.</summary>
    /// <param name="layers">All layers.</param>
    /// <param name="noise">What each costs: error over signal, by its value.</param>
    /// <param name="budget">The sum that is allowed.</param>
    public static HashSet<string> Within(IReadOnlyList<QuantizableLayer> layers, IReadOnlyDictionary<string, double> noise, double budget)
    {
        HashSet<string> quantized = [.. layers.Select(layer => layer.Value)];
        double left = noise.Values.Sum();
        foreach (QuantizableLayer layer in layers.OrderByDescending(layer => noise[layer.Value] / layer.Multiplications).ThenBy(layer => layer.Value, StringComparer.Ordinal))
        {
            if (left <= budget) break;
            quantized.Remove(layer.Value);
            left -= noise[layer.Value];
        }
        return quantized;
    }
}
