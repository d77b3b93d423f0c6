using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Imaging.Png;

/// <summary>A PNG's pixels with palette and transparency applied, at 8 bits (also where the file has fewer) or 16.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Channels">1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.</param>
/// <param name="SampleBytes">1 or 2.</param>
/// <param name="Samples">[height, width, channels]; at two bytes the high one first.</param>
internal sealed record PngPicture(int Width, int Height, int Channels, int SampleBytes, byte[] Samples)
{
    private bool HasAlpha => Channels is 2 or 4;

    private bool HasColor => Channels >= 3;

    /// <summary>Applies palette, transparent colour and depth to a file's samples.</summary>
    /// <exception cref="InvalidFileException">A pixel is beyond the palette.</exception>
    public static PngPicture Resolve(PngFile file, byte[] samples)
    {
        PngHeader header = file.Header;
        if (header.ColorType == PngColorType.Palette) return FromPalette(file, samples);

        bool keyed = file.Transparency is not null;
        if (keyed) samples = WithAlpha(samples, header, TransparentPixel(header, file.Transparency!.Value.Span));
        if (header.Depth < 8) Stretch(samples, header.Depth);
        return new PngPicture(header.Width, header.Height, header.Channels + (keyed ? 1 : 0), header.SampleBytes, samples);
    }

    /// <summary>Red, green, blue and alpha in 8 bits, [height, width, 4].</summary>
    public byte[] ToRgba8()
    {
        byte[] result = new byte[Width * Height * 4];
        for (int pixel = 0; pixel < Width * Height; pixel++)
        {
            int to = pixel * 4;
            (result[to], result[to + 1], result[to + 2], result[to + 3]) = Pixel(pixel);
        }
        return result;
    }

    /// <summary>A pixel in 8 bits, counted row by row.</summary>
    public (byte Red, byte Green, byte Blue, byte Alpha) Pixel(int pixel)
    {
        int first = pixel * Channels;
        byte alpha = HasAlpha ? Sample(first + Channels - 1) : byte.MaxValue;
        byte red = Sample(first);
        return HasColor ? (red, Sample(first + 1), Sample(first + 2), alpha) : (red, red, red, alpha);
    }

    // round(value * 255 / 65535), which is never half way between two integers.
    private byte Sample(int index) => SampleBytes == 1
        ? Samples[index]
        : (byte)(((Samples[2 * index] << 8 | Samples[2 * index + 1]) + 128) / 257);

    private static PngPicture FromPalette(PngFile file, byte[] indices)
    {
        ReadOnlySpan<byte> palette = file.Palette!.Value.Span;
        ReadOnlySpan<byte> alphas = file.Transparency.GetValueOrDefault().Span;
        int channels = file.Transparency is null ? 3 : 4;

        byte[] samples = new byte[indices.Length * channels];
        for (int pixel = 0; pixel < indices.Length; pixel++)
        {
            int index = indices[pixel];
            if (index * 3 >= palette.Length) throw file.Invalid($"has a pixel of colour {index}, but a palette of {palette.Length / 3}");
            palette.Slice(index * 3, 3).CopyTo(samples.AsSpan(pixel * channels));
            if (channels == 4) samples[pixel * channels + 3] = index < alphas.Length ? alphas[index] : byte.MaxValue;
        }
        return new PngPicture(file.Header.Width, file.Header.Height, channels, 1, samples);
    }

    /// <summary>The transparent colour as the pixels are stored; of its 16 bits a file of less depth uses the low ones.</summary>
    private static byte[] TransparentPixel(PngHeader header, ReadOnlySpan<byte> transparency)
    {
        if (header.Depth == 16) return transparency.ToArray();
        byte[] pixel = new byte[header.Channels];
        for (int channel = 0; channel < pixel.Length; channel++) pixel[channel] = (byte)(transparency[2 * channel + 1] & ((1 << header.Depth) - 1));
        return pixel;
    }

    private static byte[] WithAlpha(byte[] samples, PngHeader header, ReadOnlySpan<byte> transparent)
    {
        int from = header.PixelBytes;
        int to = from + header.SampleBytes;
        byte opaque = (byte)(header.Depth >= 8 ? byte.MaxValue : (1 << header.Depth) - 1);
        byte[] result = new byte[samples.Length / from * to];
        for (int pixel = 0; pixel < samples.Length / from; pixel++)
        {
            ReadOnlySpan<byte> color = samples.AsSpan(pixel * from, from);
            Span<byte> target = result.AsSpan(pixel * to, to);
            color.CopyTo(target);
            target[from..].Fill(color.SequenceEqual(transparent) ? (byte)0 : opaque);
        }
        return result;
    }

    private static void Stretch(byte[] samples, int depth)
    {
        int factor = byte.MaxValue / ((1 << depth) - 1);
        for (int i = 0; i < samples.Length; i++) samples[i] = (byte)(samples[i] * factor);
    }
}
