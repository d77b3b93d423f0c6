using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;

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
        if (tokens > 1) TensorPrimitives.Divide(mean, tokens, mean);
        if (hasBackground) TensorPrimitives.Subtract(mean, scores.Slice(tokens * positions, positions), mean);
    }

    /// <summary>The calibrated map of raw scores at a timestep, 0 to 1.</summary>
    /// <param name="scores">As of <see cref="Mean"/>.</param>
    /// <param name="guideline">The guideline that they are of.</param>
    /// <param name="timestep">The training timestep that they were read at.</param>
    /// <param name="map">The map to fill, <c>[H, W]</c>.</param>
    /// <param name="step">The step, for the error; null outside the steps.</param>
    /// <exception cref="InferenceException">A score is not finite.</exception>
    public static void ReadCalibrated(ReadOnlySpan<float> scores, Guideline guideline, int timestep, Span<float> map, int? step = null)
    {
        ReadMean(scores, guideline, map, step);
        CalibrateInPlace(map, guideline.BandAt(timestep));
    }

    /// <summary>The <see cref="Mean"/> of a guideline's scores, which must be finite.</summary>
    /// <exception cref="InferenceException">A score is not finite.</exception>
    public static void ReadMean(ReadOnlySpan<float> scores, Guideline guideline, Span<float> mean, int? step = null)
    {
        Mean(scores, guideline.HasBackground, mean);
        // A number that is none would count as nothing detected.
        if (float.IsFinite(TensorPrimitives.MaxMagnitude<float>(mean))) return;
        throw new InferenceException("unet", "gave a detection score that is not a finite number. Is the guideline one for this model?", step);
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

    /// <summary>What <see cref="CalibrateInPlace"/> makes of one score, to the bit.</summary>
    public static float Calibrate(float score, in CalibrationBand band) => MathF.Min(MathF.Max((score - band.Floor) / (band.Ceiling - band.Floor), 0), 1);

    private static void RescaleInPlace(Span<float> map, float zero, float one)
    {
        TensorPrimitives.Subtract(map, zero, map);
        TensorPrimitives.Divide(map, one - zero, map);
    }
}
