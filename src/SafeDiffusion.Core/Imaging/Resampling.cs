using System.Numerics.Tensors;

namespace SafeDiffusion.Core.Imaging;

/// <summary>
/// Resizing along one axis with half-pixel centres: target pixel <c>i</c> lies at <c>(i + 0.5) × source / target</c>, and its weights are the
/// filter's, widened by the factor of shrinking and normalised to 1 within the picture. Enlarging bilinearly, that is
/// <c>torch.nn.functional.interpolate(mode="bilinear")</c>; shrinking, the same with <c>antialias=True</c>.
/// </summary>
public sealed class Resampling
{
    private readonly (int First, float[] Weights)[] _taps;

    /// <summary>Lays out the weights.</summary>
    /// <param name="source">Pixels along the axis.</param>
    /// <param name="target">Pixels wanted.</param>
    /// <param name="filter">How pixels between pixels are computed.</param>
    public Resampling(int source, int target, ImageFilter filter)
    {
        double step = (double)source / target;
        double width = Math.Max(step, 1);
        double support = width * (filter == ImageFilter.Bilinear ? 1 : 2);
        _taps = [.. Enumerable.Range(0, target).Select(i => Taps((i + 0.5) * step))];

        (int, float[]) Taps(double centre)
        {
            int first = Math.Max(0, (int)Math.Floor(centre - support));
            int end = Math.Min(source, (int)Math.Ceiling(centre + support));
            double[] weights = [.. Enumerable.Range(first, end - first).Select(pixel => Weight((pixel + 0.5 - centre) / width, filter))];
            double sum = weights.Sum();
            return (first, [.. weights.Select(weight => (float)(weight / sum))]);
        }
    }

    /// <summary>Resizes interleaved samples on both axes.</summary>
    /// <param name="samples">The samples, [height, width, channels].</param>
    /// <param name="size">Their width, height and channels.</param>
    /// <param name="target">The width and height to make.</param>
    /// <param name="filter">The filter.</param>
    /// <returns>The samples, [target height, target width, channels].</returns>
    public static float[] Resize(ReadOnlySpan<float> samples, (int Width, int Height, int Channels) size, (int Width, int Height) target, ImageFilter filter)
    {
        (int width, int height, int channels) = size;
        Resampling across = new(width, target.Width, filter);
        Resampling down = new(height, target.Height, filter);
        float[] rows = new float[height * target.Width * channels];
        for (int y = 0; y < height; y++)
        {
            across.Apply(samples.Slice(y * width * channels, width * channels), rows.AsSpan(y * target.Width * channels), channels);
        }
        float[] result = new float[target.Height * target.Width * channels];
        down.Apply(rows, result, target.Width * channels);
        return result;
    }

    /// <summary>Resizes a picture's levels row by row, so that a large one needs no large numbers beside it.</summary>
    /// <returns>The levels, [height, width, 3], 0 to 255 but for what a cubic overshoots.</returns>
    internal static float[] Resize(RgbImage image, int width, int height, ImageFilter filter)
    {
        Resampling across = new(image.Width, width, filter);
        Resampling down = new(image.Height, height, filter);
        float[] row = new float[image.Width * RgbImage.Channels];
        float[] rows = new float[image.Height * width * RgbImage.Channels];
        for (int y = 0; y < image.Height; y++)
        {
            TensorPrimitives.ConvertTruncating(image.Row(y), row);
            across.Apply(row, rows.AsSpan(y * width * RgbImage.Channels), RgbImage.Channels);
        }
        float[] result = new float[height * width * RgbImage.Channels];
        down.Apply(rows, result, width * RgbImage.Channels);
        return result;
    }

    /// <summary>Each target pixel as the weighted sum of its source pixels, which have <paramref name="stride"/> samples each.</summary>
    private void Apply(ReadOnlySpan<float> source, Span<float> target, int stride)
    {
        foreach ((int i, (int first, float[] weights)) in _taps.Index())
        {
            Span<float> pixel = target.Slice(i * stride, stride);
            pixel.Clear();
            for (int tap = 0; tap < weights.Length; tap++)
            {
                ReadOnlySpan<float> from = source.Slice((first + tap) * stride, stride);
                for (int sample = 0; sample < stride; sample++) pixel[sample] += weights[tap] * from[sample];
            }
        }
    }

    private static double Weight(double x, ImageFilter filter)
    {
        x = Math.Abs(x);
        if (filter == ImageFilter.Bilinear) return Math.Max(0, 1 - x);
        // Keys 1981, equation 4, with a = -1/2.
        return x < 1 ? ((1.5 * x - 2.5) * x * x) + 1 : x < 2 ? ((((-0.5 * x) + 2.5) * x - 4) * x) + 2 : 0;
    }
}
