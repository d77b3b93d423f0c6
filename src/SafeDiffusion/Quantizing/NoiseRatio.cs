using System.Numerics.Tensors;

namespace SafeDiffusion.Quantizing;

/// <summary>The power of a prediction's error over that of the prediction.</summary>
internal static class NoiseRatio
{
    public static double Of(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        float[] difference = new float[expected.Length];
        TensorPrimitives.Subtract(actual, expected, difference);
        return TensorPrimitives.SumOfSquares<float>(difference) / (double)TensorPrimitives.SumOfSquares(expected);
    }

    /// <summary>The mean over samples, by their weights.</summary>
    public static double Mean(IReadOnlyList<double> ratios, IReadOnlyList<CalibrationSample> asked) => ratios.Zip(asked, (ratio, sample) => ratio * sample.Weight).Sum() / asked.Sum(sample => sample.Weight);

    public static double Decibels(double ratio) => Math.Round(-10 * Math.Log10(Math.Max(ratio, 1e-20)), 2);
}
