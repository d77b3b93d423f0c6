using System.Buffers;
using System.Numerics.Tensors;

namespace SafeDiffusion.Core.Imaging.Comparing;

/// <summary>
/// SSIM (Wang et al. 2004) of the luminance 0.299 R + 0.587 G + 0.114 B, unrounded: Gaussian window 11×11 with σ 1.5, K1 0.01, K2 0.03,
/// range 255. The mean is over the windows that lie inside the picture, as scikit-image takes it.
/// </summary>
public static class StructuralSimilarity
{
    /// <summary>The window's side in pixels; smaller pictures have no SSIM.</summary>
    public const int Window = 11;

    private const double Sigma = 1.5;
    private const double C1 = 0.01 * 255 * (0.01 * 255);
    private const double C2 = 0.03 * 255 * (0.03 * 255);
    private static readonly double[] _gaussian = MakeGaussian();

    /// <summary>The similarity of two pictures, -1 to 1; 1 for identical ones.</summary>
    /// <exception cref="ArgumentException">The pictures' sizes differ, or a side is shorter than <see cref="Window"/>.</exception>
    public static double Compute(RgbImage first, RgbImage second)
    {
        double[] map = Map(first, second);
        return TensorPrimitives.Sum<double>(map) / map.Length;
    }

    /// <summary>The similarity in a part of two pictures: the mean over the windows whose middle lies in it.</summary>
    /// <param name="first">A picture.</param>
    /// <param name="second">Another of its size.</param>
    /// <param name="isInside">Whether each pixel belongs to the part, row by row, <c>[H · W]</c>.</param>
    /// <returns>-1 to 1; null where no window's middle lies in the part.</returns>
    /// <exception cref="ArgumentException">The sizes differ, or a side is shorter than <see cref="Window"/>.</exception>
    public static double? Compute(RgbImage first, RgbImage second, ReadOnlySpan<bool> isInside)
    {
        double[] map = Map(first, second);
        PicturePairs.RequireMask(first, isInside);
        int columns = first.Width - Window + 1;
        double sum = 0;
        int count = 0;
        for (int i = 0; i < map.Length; i++)
        {
            if (!isInside[(i / columns + Window / 2) * first.Width + i % columns + Window / 2]) continue;
            sum += map[i];
            count++;
        }
        return count == 0 ? null : sum / count;
    }

    /// <summary>The similarity in every window, <c>[height - 10, width - 10]</c>.</summary>
    private static double[] Map(RgbImage first, RgbImage second)
    {
        PicturePairs.RequireSameSize(first, second);
        (int width, int height) = (first.Width, first.Height);
        if (Math.Min(width, height) < Window)
            throw new ArgumentException($"SSIM needs pictures of {Window}x{Window} pixels or more, and these are {width}x{height}.");

        double[] x = Luminance(first), y = Luminance(second), product = new double[x.Length];
        double[] meanX = Blur(x, width, height), meanY = Blur(y, width, height);
        TensorPrimitives.Multiply(x, x, product);
        double[] xx = Blur(product, width, height);
        TensorPrimitives.Multiply(y, y, product);
        double[] yy = Blur(product, width, height);
        TensorPrimitives.Multiply(x, y, product);
        double[] xy = Blur(product, width, height);
        return Map(meanX, meanY, xx, yy, xy);
    }

    private static double[] Map(double[] meanX, double[] meanY, double[] xx, double[] yy, double[] xy)
    {
        double[] map = new double[meanX.Length];
        for (int i = 0; i < meanX.Length; i++)
        {
            (double x, double y) = (meanX[i], meanY[i]);
            double covariance = xy[i] - x * y, variances = xx[i] - x * x + yy[i] - y * y;
            map[i] = (2 * x * y + C1) * (2 * covariance + C2) / ((x * x + y * y + C1) * (variances + C2));
        }
        return map;
    }

    /// <summary>The Gaussian's weighted means [height - 10, width - 10], one direction after the other.</summary>
    private static double[] Blur(ReadOnlySpan<double> plane, int width, int height)
    {
        (int columns, int rows) = (width - Window + 1, height - Window + 1);
        double[] rented = ArrayPool<double>.Shared.Rent(columns * height);
        double[] blurred = new double[columns * rows];
        for (int row = 0; row < height; row++)
        {
            Span<double> line = rented.AsSpan(row * columns, columns);
            line.Clear();
            for (int tap = 0; tap < Window; tap++)
                TensorPrimitives.MultiplyAdd(plane.Slice(row * width + tap, columns), _gaussian[tap], line, line);
        }
        for (int row = 0; row < rows; row++)
        {
            Span<double> line = blurred.AsSpan(row * columns, columns);
            for (int tap = 0; tap < Window; tap++)
                TensorPrimitives.MultiplyAdd(rented.AsSpan((row + tap) * columns, columns), _gaussian[tap], line, line);
        }
        ArrayPool<double>.Shared.Return(rented);
        return blurred;
    }

    private static double[] Luminance(RgbImage image)
    {
        ReadOnlySpan<byte> pixels = image.Pixels.Span;
        double[] plane = new double[image.Width * image.Height];
        for (int i = 0, from = 0; i < plane.Length; i++, from += 3)
            plane[i] = 0.299 * pixels[from] + 0.587 * pixels[from + 1] + 0.114 * pixels[from + 2];
        return plane;
    }

    private static double[] MakeGaussian()
    {
        double[] weights = [.. Enumerable.Range(-Window / 2, Window).Select(x => Math.Exp(-0.5 * x * x / (Sigma * Sigma)))];
        TensorPrimitives.Divide(weights, weights.Sum(), weights);
        return weights;
    }
}
