using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Model;

namespace SafeDiffusion.Methods;

/// <summary>
/// Keeps of an edit what is largest: channel by channel, values whose magnitude is at or above the quantile of the channel's
/// magnitudes. SEGA (Brack et al. 2023, equation 5) and surgical erasing choose in this way where they act.
/// </summary>
/// <param name="shape">The shape of the edits.</param>
internal sealed class ChannelQuantileMask(LatentShape shape)
{
    private readonly float[] _magnitudes = new float[shape.Height * shape.Width];

    /// <summary>Sets to 0 what is below the quantile.</summary>
    /// <param name="edit">The edit, <c>[C, H, W]</c>.</param>
    /// <param name="quantile">The quantile, 0 (keep all) to 1 (keep the largest).</param>
    public void KeepLargestInPlace(Span<float> edit, float quantile)
    {
        for (int start = 0; start < edit.Length; start += _magnitudes.Length)
        {
            Span<float> channel = edit.Slice(start, _magnitudes.Length);
            TensorPrimitives.Abs(channel, _magnitudes);
            ClearBelow(channel, Quantile.SelectInPlace(_magnitudes, quantile));
        }
    }

    private static void ClearBelow(Span<float> values, float threshold)
    {
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        Vector<float> thresholds = new(threshold);
        foreach (ref Vector<float> vector in vectors)
        {
            vector = Vector.ConditionalSelect(Vector.GreaterThanOrEqual(Vector.Abs(vector), thresholds), vector, Vector<float>.Zero);
        }
        foreach (ref float value in values[(vectors.Length * Vector<float>.Count)..])
        {
            if (!(MathF.Abs(value) >= threshold)) value = 0;
        }
    }
}
