using System.Numerics.Tensors;

namespace SafeDiffusion.Core.Numerics;

/// <summary>Quantiles as <c>torch.quantile</c> computes them in float32: linear between the two order statistics around <c>q (n - 1)</c>.</summary>
public static class Quantile
{
    /// <summary>Computes a quantile by selection. Reorders the values and allocates nothing.</summary>
    /// <param name="values">At least one value, none of them NaN; reordered.</param>
    /// <param name="quantile">The quantile <c>q</c>, 0 to 1.</param>
    public static float SelectInPlace(Span<float> values, float quantile)
    {
        ArgumentOutOfRangeException.ThrowIfZero(values.Length);
        if (!(quantile is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(quantile), quantile, "A quantile is from 0 to 1.");
        float position = quantile * (values.Length - 1);
        int below = (int)position;
        float weight = position - below;
        float low = OrderStatistic.SelectInPlace(values, below);
        return weight == 0 ? low : Interpolate(low, TensorPrimitives.Min<float>(values[(below + 1)..]), weight);
    }

    /// <summary>From the nearer end, as <c>torch.lerp</c>: at weight 1 the result is exactly the upper value.</summary>
    private static float Interpolate(float low, float high, float weight) =>
        weight < 0.5f ? low + weight * (high - low) : high - (high - low) * (1 - weight);
}
