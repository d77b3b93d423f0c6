using System.Runtime.InteropServices;
using SafeDiffusion.Core.Imaging;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace SafeDiffusion;

/// <summary>Converts between this library's pictures and ImageSharp's; the pixels are copied.</summary>
public static class ImageSharpConversion
{
    /// <summary>The picture as ImageSharp's, to be disposed by the caller.</summary>
    public static Image<Rgb24> ToImageSharp(this RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Image.LoadPixelData<Rgb24>(image.Pixels.Span, image.Width, image.Height);
    }

    /// <summary>The picture as this library's, pixel for pixel; a colour profile and an orientation that it carries are left out of account.</summary>
    public static RgbImage ToRgbImage(this Image<Rgb24> image)
    {
        ArgumentNullException.ThrowIfNull(image);
        byte[] pixels = new byte[image.Width * image.Height * RgbImage.Channels];
        image.CopyPixelDataTo(pixels);
        return new RgbImage(image.Width, image.Height, pixels);
    }

    /// <summary>The picture as this library's, transparency blended over white; a colour profile and an orientation that it carries are left out of account.</summary>
    public static RgbImage ToRgbImage(this Image<Rgba32> image)
    {
        ArgumentNullException.ThrowIfNull(image);
        byte[] pixels = new byte[image.Width * image.Height * RgbImage.Channels];
        image.ProcessPixelRows(rows =>
        {
            Span<Rgb24> target = MemoryMarshal.Cast<byte, Rgb24>(pixels.AsSpan());
            for (int y = 0; y < rows.Height; y++)
            {
                Span<Rgba32> row = rows.GetRowSpan(y);
                for (int x = 0; x < row.Length; x++) target[y * row.Length + x] = OverWhite(row[x]);
            }
        });
        return new RgbImage(image.Width, image.Height, pixels);
    }

    private static Rgb24 OverWhite(Rgba32 pixel) =>
        new(RgbColor.OverWhite(pixel.R, pixel.A), RgbColor.OverWhite(pixel.G, pixel.A), RgbColor.OverWhite(pixel.B, pixel.A));
}
