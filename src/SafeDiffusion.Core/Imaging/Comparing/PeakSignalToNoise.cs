namespace SafeDiffusion.Core.Imaging.Comparing;

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

    /// <summary>The ratio in a part of two pictures; infinite where they are identical there.</summary>
    /// <param name="first">A picture.</param>
    /// <param name="second">Another of its size.</param>
    /// <param name="isInside">Whether each pixel belongs to the part, row by row, <c>[H · W]</c>.</param>
    /// <returns>Decibels; null where no pixel belongs to the part.</returns>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static double? Compute(RgbImage first, RgbImage second, ReadOnlySpan<bool> isInside)
    {
        PicturePairs.RequireSameSize(first, second);
        PicturePairs.RequireMask(first, isInside);
        ReadOnlySpan<byte> x = first.Pixels.Span, y = second.Pixels.Span;
        long sum = 0, count = 0;
        for (int i = 0; i < x.Length; i++)
        {
            if (!isInside[i / RgbImage.Channels]) continue;
            int difference = x[i] - y[i];
            sum += difference * difference;
            count++;
        }
        return count == 0 ? null : 10 * Math.Log10(255.0 * 255.0 * count / sum);
    }
}
