using Fuzz.Engine;
using Fuzz.Forms;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.ImageSharp;

namespace Fuzz.Targets;

/// <summary>Pictures.</summary>
internal static class PictureTargets
{
    private static readonly ImageLimits _limits = new() { MaxPixels = 1 << 22 };

    public static IEnumerable<FuzzTarget> All()
    {
        yield return new("png", () => [.. Repository.Files("*.png", "numerics", "png"), .. Repository.Files("*.png", "pictures")], PngForm.Instance, input => Readings.All(
            () => RequireSame(PngCodec.Default.Decode(new MemoryStream(input), "fuzz.png", _limits)),
            () => PngCodec.ReadText(new MemoryStream(input), "fuzz.png", _limits)));
        yield return Of("jpeg", "*.jpg", new JpegCodec());
        // ImageSharp's lossless decoder makes up to 2^16 groups of tables, of 5004 entries at most, before it reads the first: 2.6 GB for a few bytes.
        yield return Of("webp", "*.webp", new WebpCodec()) with { Bounds = new(TimeSpan.FromSeconds(20), 3L << 30) };
    }

    private static void RequireSame(RgbImage image)
    {
        using MemoryStream written = new();
        PngCodec.Default.Encode(image, written);
        written.Position = 0;
        Readings.RequireSame(Convert.ToBase64String(image.Pixels.Span), () => Convert.ToBase64String(PngCodec.Default.Decode(written, "again.png", _limits).Pixels.Span));
    }

    private static FuzzTarget Of(string name, string pattern, IImageCodec codec) =>
        new(name, () => Repository.Files(pattern, "pictures"), ByteForm.Instance, input => codec.Decode(new MemoryStream(input), $"fuzz.{name}", _limits));
}
