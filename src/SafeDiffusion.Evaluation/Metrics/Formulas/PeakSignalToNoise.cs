using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Evaluation.Metrics.Formulas;

/// <summary>PSNR: 10 log10(255² / mean squared difference over all pixels and channels), in decibels.</summary>
public static class PeakSignalToNoise
{
    /// <summary>The ratio; infinite for identical pictures.</summary>
    /// <exception cref="ArgumentException">The pictures' sizes differ.</exception>
    public static double Compute(RgbImage first, RgbImage second)
    {
        PicturePairs.RequireSameSize(first, second);
        ReadOnlySpan<byte> x = first.Pixels.Span, y = second.Pixels.Span;
        long sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            int difference = x[i] - y[i];
            sum += difference * difference;
        }
        return 10 * Math.Log10(255.0 * 255.0 * x.Length / sum);
    }
}
