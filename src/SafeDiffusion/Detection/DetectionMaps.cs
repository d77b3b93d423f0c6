using System.Numerics.Tensors;

namespace SafeDiffusion.Detection;

/// <summary>How raw detection scores become a map from 0 to 1.</summary>
public enum DetectionNormalisation
{
    /// <summary>By the guideline's calibration: what is not there reads as 0 everywhere.</summary>
    Calibrated,

    /// <summary>
    /// Each map from its own minimum to its own maximum, as in the paper. Then some position always reads 1, whether or not the concept
    /// is there.
    /// </summary>
    PerMap,
}

/// <summary>Makes detection maps (Li et al., CVPR 2025, section 3.2) of raw scores.</summary>
internal static class DetectionMaps
{
    /// <summary>The mean of the tokens' scores, less the background token's.</summary>
    /// <param name="scores">Raw scores <c>[K, H, W]</c>, or <c>[K + 1, H, W]</c> with the background's last.</param>
    /// <param name="hasBackground">Whether the last is the background's.</param>
    /// <param name="mean">The mean to fill, <c>[H, W]</c>.</param>
    public static void Mean(ReadOnlySpan<float> scores, bool hasBackground, Span<float> mean)
    {
        int positions = mean.Length;
        int tokens = scores.Length / positions - (hasBackground ? 1 : 0);
        scores[..positions].CopyTo(mean);
        for (int token = 1; token < tokens; token++) TensorPrimitives.Add(mean, scores.Slice(token * positions, positions), mean);
        TensorPrimitives.Divide(mean, tokens, mean);
        if (hasBackground) TensorPrimitives.Subtract(mean, scores.Slice(tokens * positions, positions), mean);
    }

    /// <summary>Makes the least value 0 and the greatest 1; a constant map becomes zeros, for nothing stands out in it.</summary>
    public static void NormalisePerMapInPlace(Span<float> map)
    {
        float least = TensorPrimitives.Min<float>(map), greatest = TensorPrimitives.Max<float>(map);
        if (least == greatest) map.Clear();
        else RescaleInPlace(map, least, greatest);
    }

    /// <summary>Computes <c>clamp((score - floor) / (ceiling - floor), 0, 1)</c>.</summary>
    public static void CalibrateInPlace(Span<float> map, in CalibrationBand band)
    {
        RescaleInPlace(map, band.Floor, band.Ceiling);
        TensorPrimitives.Max(map, 0, map);
        TensorPrimitives.Min(map, 1, map);
    }

    private static void RescaleInPlace(Span<float> map, float zero, float one)
    {
        TensorPrimitives.Subtract(map, zero, map);
        TensorPrimitives.Divide(map, one - zero, map);
    }
}
