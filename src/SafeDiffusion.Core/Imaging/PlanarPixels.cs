using System.Buffers;
using System.Numerics.Tensors;

namespace SafeDiffusion.Core.Imaging;

/// <summary>Between interleaved bytes and the planes of numbers in [-1, 1] that the models take and give.</summary>
internal static class PlanarPixels
{
    private static readonly float[] _levels = [.. Enumerable.Range(0, 256).Select(level => level / 255f * 2f - 1f)];

    /// <summary>Planes [3, height, width] in [-1, 1] to interleaved bytes.</summary>
    public static byte[] ToInterleaved(ReadOnlySpan<float> planes, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (planes.Length != (long)width * height * RgbImage.Channels)
            throw new ArgumentException($"{planes.Length} values are not [3, {height}, {width}].", nameof(planes));
        // The maximum of values with a NaN among them is NaN.
        if (float.IsNaN(TensorPrimitives.Max(planes))) throw new ArgumentException("A value is not a number (NaN).", nameof(planes));

        int count = width * height;
        byte[] pixels = new byte[planes.Length];
        float[] buffer = ArrayPool<float>.Shared.Rent(count);
        for (int channel = 0; channel < RgbImage.Channels; channel++)
        {
            Span<float> levels = buffer.AsSpan(0, count);
            ToLevels(planes.Slice(channel * count, count), levels);
            for (int i = 0, to = channel; i < levels.Length; i++, to += RgbImage.Channels) pixels[to] = (byte)levels[i];
        }
        ArrayPool<float>.Shared.Return(buffer);
        return pixels;
    }

    /// <summary>Interleaved bytes to planes [3, height, width] in [-1, 1].</summary>
    public static void FromInterleaved(ReadOnlySpan<byte> pixels, Span<float> planes)
    {
        if (planes.Length != pixels.Length) throw new ArgumentException($"{planes.Length} values do not hold {pixels.Length} samples.", nameof(planes));
        int count = pixels.Length / RgbImage.Channels;
        for (int channel = 0; channel < RgbImage.Channels; channel++)
        {
            Span<float> plane = planes.Slice(channel * count, count);
            for (int i = 0, from = channel; i < plane.Length; i++, from += RgbImage.Channels) plane[i] = _levels[pixels[from]];
        }
    }

    private static void ToLevels(ReadOnlySpan<float> plane, Span<float> levels)
    {
        TensorPrimitives.Multiply(plane, 0.5f, levels);
        TensorPrimitives.Add(levels, 0.5f, levels);
        TensorPrimitives.Max(levels, 0f, levels);
        TensorPrimitives.Min(levels, 1f, levels);
        TensorPrimitives.Multiply(levels, 255f, levels);
        TensorPrimitives.Round(levels, levels);
    }
}
