using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>Pictures as data within a page, small ones as they are and larger ones averaged down, as long as there is room.</summary>
/// <param name="load">Loads a picture.</param>
/// <param name="bytes">The most bytes of all pictures as they stand in the page.</param>
public sealed class Thumbnails(Func<string, RgbImage> load, int bytes)
{
    /// <summary>The longest side of a picture on the page.</summary>
    public const int Side = 192;

    private int _left = bytes;

    /// <summary>A picture's element; in its place the reason, where it cannot be loaded or there is no room.</summary>
    public Markup Write(string image, string alternative)
    {
        try
        {
            RgbImage picture = Shrink(load(image));
            string data = Encode(picture);
            if (data.Length > _left) return Missing($"{alternative} Left out: the page is large enough ({image}).");
            _left -= data.Length;
            Markup small = Markup.Own(picture.Width <= 128 ? " class=\"small\"" : "");
            return Markup.Of($"<img{small} src=\"data:image/png;base64,{Markup.Own(data)}\" width=\"{picture.Width}\" height=\"{picture.Height}\" alt=\"{alternative}\">");
        }
        catch (SafeDiffusionException error)
        {
            return Missing($"{alternative} {error.Message}");
        }
    }

    private static Markup Missing(string reason) => Markup.Of($"<div class=\"missing\">{reason}</div>");

    private static string Encode(RgbImage picture)
    {
        using MemoryStream stream = new();
        PngCodec.Default.Encode(picture, stream);
        return Convert.ToBase64String(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    /// <summary>The mean of squares of pixels, the squares as large as needed.</summary>
    private static RgbImage Shrink(RgbImage picture)
    {
        int factor = (Math.Max(picture.Width, picture.Height) + Side - 1) / Side;
        (int width, int height) = (picture.Width / factor, picture.Height / factor);
        if (factor == 1 || width == 0 || height == 0) return picture;
        byte[] pixels = new byte[width * height * 3];
        ReadOnlySpan<byte> from = picture.Pixels.Span;
        for (int i = 0; i < pixels.Length; i++)
        {
            (int place, int channel) = Math.DivRem(i, 3);
            (int y, int x) = Math.DivRem(place, width);
            int sum = 0;
            for (int dy = 0; dy < factor; dy++)
            {
                for (int dx = 0; dx < factor; dx++) sum += from[((y * factor + dy) * picture.Width + x * factor + dx) * 3 + channel];
            }
            pixels[i] = (byte)((sum + factor * factor / 2) / (factor * factor));
        }
        return new RgbImage(width, height, pixels);
    }
}
