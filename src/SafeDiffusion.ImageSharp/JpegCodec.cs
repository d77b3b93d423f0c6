using SafeDiffusion.Core.Imaging;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.PixelFormats;

namespace SafeDiffusion.ImageSharp;

/// <summary>
/// JPEG, baseline and progressive, of 8 bits. Reads it upright (Exif) and refuses what is truncated or asks for too much; bytes after the
/// picture's end are left alone, and so are colour profiles and all other metadata. Damage within the compressed pixels that leaves the
/// file's structure whole cannot always be told from a picture. Writes 4:4:4, without metadata.
/// </summary>
public sealed class JpegCodec : IImageCodec
{
    /// <summary>The quality unless set.</summary>
    public const int DefaultQuality = 90;

    private const int MaxSide = 65_535;

    /// <summary>The quality of what is written, 1 to 100; 90 unless set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int Quality { get; init => field = EncoderLimits.RequireQuality(value); } = DefaultQuality;

    /// <inheritdoc/>
    public string Format => "JPEG";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".jpg", ".jpeg"];

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> start) => start.StartsWith(JpegStructure.Signature);

    /// <inheritdoc/>
    public RgbImage Decode(Stream stream, string name, ImageLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        limits ??= ImageLimits.Default;
        byte[] bytes = BoundedBytes.Read(stream, name, limits);
        JpegStructure structure = JpegStructure.Read(bytes, name);
        using Image<Rgb24> picture = GuardedDecoder.Decode<Rgb24>(new JpegDecoder { IgnoreMetadata = true }, bytes.AsMemory(0, structure.Length), name, limits);
        return ExifOrientation.Apply(picture.ToRgbImage(), structure.Orientation);
    }

    /// <inheritdoc/>
    public void Encode(RgbImage image, Stream stream, IReadOnlyDictionary<string, string>? text = null)
    {
        EncoderLimits.Require(image, stream, text, MaxSide, Format);
        using Image<Rgb24> picture = image.ToImageSharp();
        new JpegEncoder { Quality = Quality, ColorType = JpegColorType.YCbCrRatio444 }.Encode(picture, stream);
    }
}
