using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Imaging.Png;

namespace SafeDiffusion.Core.Imaging;

/// <summary>
/// PNG. Reads every colour type, depth and interlacing, and refuses files that are damaged or ask for too much; checksums are
/// compared. An eXIf chunk's orientation is applied; colour profiles and gamma are left out of account. Writes 8-bit RGB.
/// </summary>
public sealed class PngCodec : IImageCodec
{
    /// <summary>The codec; it has no settings.</summary>
    public static PngCodec Default { get; } = new();

    /// <inheritdoc/>
    public string Format => "PNG";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".png"];

    /// <inheritdoc/>
    public bool HoldsText => true;

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> start) => start.StartsWith(PngFile.Signature);

    /// <inheritdoc/>
    public RgbImage Decode(Stream stream, string name, ImageLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        PngFile file = Open(ByteSource.Of(stream, name), limits ?? ImageLimits.Default);
        return ExifOrientation.Apply(ToRgb(Picture(file)), file.Exif is { } exif ? ExifOrientation.Read(exif.Span) : ExifOrientation.Upright);
    }

    /// <summary>Writes a picture as 8-bit RGB. A text goes into a tEXt chunk where Latin-1 holds it, else into an iTXt chunk.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="stream">Where to; left open.</param>
    /// <param name="text">Texts by keyword: 1 to 79 printable Latin-1 characters, no space at an end and no two in a row. Null for none.</param>
    /// <exception cref="ArgumentException">A keyword is not of that form, or a text holds U+0000 or half of a surrogate pair.</exception>
    public void Encode(RgbImage image, Stream stream, IReadOnlyDictionary<string, string>? text = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(stream);
        PngWriter.Write(image.Width, image.Pixels.Span, stream, text);
    }

    /// <summary>The texts of a PNG file by keyword (tEXt, zTXt and iTXt); of a keyword that occurs twice, the first.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What the file may ask for; null for <see cref="ImageLimits.Default"/>.</param>
    /// <exception cref="InvalidFileException">The file is missing, damaged, no PNG, or beyond the limits.</exception>
    public static IReadOnlyDictionary<string, string> ReadText(string path, ImageLimits? limits = null) =>
        ByteSource.Open(path, source => ReadText(source, limits));

    /// <summary>The texts of a PNG file by keyword (tEXt, zTXt and iTXt); of a keyword that occurs twice, the first.</summary>
    /// <param name="stream">The file's content, from its current position; left open.</param>
    /// <param name="name">What the messages call it.</param>
    /// <param name="limits">What the file may ask for; null for <see cref="ImageLimits.Default"/>.</param>
    /// <exception cref="InvalidFileException">The content is damaged, no PNG, or beyond the limits.</exception>
    public static IReadOnlyDictionary<string, string> ReadText(Stream stream, string name, ImageLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return ReadText(ByteSource.Of(stream, name), limits);
    }

    /// <summary>The picture as the file holds it, at its depth and with its transparency.</summary>
    internal static PngPicture ReadPicture(ByteSource source, ImageLimits? limits) =>
        Picture(Open(source, limits ?? ImageLimits.Default));

    /// <summary>The picture in 8 bits, transparency blended over white.</summary>
    internal static RgbImage ToRgb(PngPicture picture)
    {
        (int width, int height) = (picture.Width, picture.Height);
        if (picture is { Channels: RgbImage.Channels, SampleBytes: 1 }) return new RgbImage(width, height, picture.Samples);
        byte[] pixels = new byte[width * height * RgbImage.Channels];
        for (int pixel = 0; pixel < width * height; pixel++)
        {
            (byte red, byte green, byte blue, byte alpha) = picture.Pixel(pixel);
            int to = pixel * RgbImage.Channels;
            (pixels[to], pixels[to + 1], pixels[to + 2]) = (RgbColor.OverWhite(red, alpha), RgbColor.OverWhite(green, alpha), RgbColor.OverWhite(blue, alpha));
        }
        return new RgbImage(width, height, pixels);
    }

    private static PngFile Open(ByteSource source, ImageLimits limits) =>
        PngFile.Read(source, limits.MaxFileBytes, header => limits.RequirePixels(header.Width, header.Height, source.Name));

    private static PngPicture Picture(PngFile file) => PngPicture.Resolve(file, PngScanlines.Read(file));

    private static Dictionary<string, string> ReadText(ByteSource source, ImageLimits? limits)
    {
        limits ??= ImageLimits.Default;
        return PngText.Read(Open(source, limits), limits.MaxTextBytes);
    }
}
