using SafeDiffusion.Core.Imaging;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.PixelFormats;

namespace SafeDiffusion.ImageSharp;

/// <summary>
/// WebP, lossy and lossless, with alpha; one picture, no animation. Reads it upright (Exif) and refuses what is truncated or asks for too
/// much; bytes after the picture's end are left alone, and so are colour profiles and all other metadata.
/// </summary>
public sealed class WebpCodec : IImageCodec
{
    private const int MaxSide = 16_383;

    /// <summary>The quality of what is written, 1 to 100; 90 unless set. Has no effect on the pixels where <see cref="Lossless"/> is set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int Quality { get; init => field = EncoderLimits.RequireQuality(value); } = JpegCodec.DefaultQuality;

    /// <summary>Whether what is written is kept pixel for pixel.</summary>
    public bool Lossless { get; init; }

    /// <inheritdoc/>
    public string Format => "WebP";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".webp"];

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> start) => WebpStructure.Recognizes(start);

    /// <inheritdoc/>
    public RgbImage Decode(Stream stream, string name, ImageLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        limits ??= ImageLimits.Default;
        byte[] bytes = BoundedBytes.Read(stream, name, limits);
        WebpStructure structure = WebpStructure.Read(bytes, name, limits);
        using Image<Rgba32> picture = GuardedDecoder.Decode<Rgba32>(new WebpDecoder { IgnoreMetadata = true }, bytes.AsMemory(0, structure.Length), name, limits);
        return ExifOrientation.Apply(picture.ToRgbImage(), structure.Orientation);
    }

    /// <inheritdoc/>
    public void Encode(RgbImage image, Stream stream, IReadOnlyDictionary<string, string>? text = null)
    {
        EncoderLimits.Require(image, stream, text, MaxSide, Format);
        using Image<Rgb24> picture = image.ToImageSharp();
        WebpFileFormatType kind = Lossless ? WebpFileFormatType.Lossless : WebpFileFormatType.Lossy;
        new WebpEncoder { FileFormat = kind, Quality = Quality }.Encode(picture, stream);
    }
}
