using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Core.Imaging;

/// <summary>A picture of 8 bits each of red, green and blue. Immutable as long as the pixels it was made of are left alone.</summary>
public sealed class RgbImage
{
    /// <summary>Samples of a pixel: red, green, blue.</summary>
    public const int Channels = 3;

    /// <summary>Makes a picture of pixels, which are not copied.</summary>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="pixels">Red, green and blue of each pixel, row by row from the top left: 3 × width × height bytes.</param>
    /// <exception cref="ArgumentException">The size is not positive, or the bytes do not fill it exactly.</exception>
    public RgbImage(int width, int height, ReadOnlyMemory<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (pixels.Length != (long)width * height * Channels)
            throw new ArgumentException($"{pixels.Length} bytes do not fill {width}x{height} pixels of 3 bytes.", nameof(pixels));
        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Red, green and blue of each pixel, row by row from the top left.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    /// <summary>The colour of a pixel, counted from the top left.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The place is outside the picture.</exception>
    public RgbColor this[int x, int y]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(x);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(x, Width);
            ReadOnlySpan<byte> pixel = Row(y).Slice(x * Channels, Channels);
            return new RgbColor(pixel[0], pixel[1], pixel[2]);
        }
    }

    /// <summary>A row's pixels: 3 × <see cref="Width"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public ReadOnlySpan<byte> Row(int y)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(y);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(y, Height);
        return Pixels.Span.Slice(y * Width * Channels, Width * Channels);
    }

    /// <summary>Makes a picture of the image decoder's output: <c>round(clamp(x / 2 + 0.5, 0, 1) × 255)</c>, ties to even.</summary>
    /// <param name="planes">Red, green and blue plane, [3, height, width], in [-1, 1]; what lies outside is clamped.</param>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <exception cref="ArgumentException">The size does not fit the planes, or a value is not a number.</exception>
    public static RgbImage FromPlanar(ReadOnlySpan<float> planes, int width, int height) =>
        new(width, height, PlanarPixels.ToInterleaved(planes, width, height));

    /// <summary>Writes the pixels as the models take them: <c>value / 255 × 2 - 1</c>.</summary>
    /// <param name="planes">Receives [3, <see cref="Height"/>, <see cref="Width"/>] in [-1, 1]; exactly as long.</param>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public void ToPlanar(Span<float> planes) => PlanarPixels.FromInterleaved(Pixels.Span, planes);

    /// <summary>A copy of a part of the picture.</summary>
    /// <param name="x">The part's left column.</param>
    /// <param name="y">The part's top row.</param>
    /// <param name="width">Its width, at least 1.</param>
    /// <param name="height">Its height, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is empty or not inside the picture.</exception>
    public RgbImage Crop(int x, int y, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(x);
        ArgumentOutOfRangeException.ThrowIfNegative(y);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, Width - x);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, Height - y);

        byte[] pixels = new byte[width * height * Channels];
        for (int row = 0; row < height; row++)
        {
            Row(y + row).Slice(x * Channels, width * Channels).CopyTo(pixels.AsSpan(row * width * Channels));
        }
        return new RgbImage(width, height, pixels);
    }

    /// <summary>The picture brought to a size, by a cubic filter that takes in every pixel where it shrinks; itself where it has that size.</summary>
    /// <param name="width">The width to make, at least 1.</param>
    /// <param name="height">The height to make, at least 1.</param>
    /// <param name="fit">What happens where the shapes differ.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is not positive, or the kind of fit is not defined.</exception>
    public RgbImage FitTo(int width, int height, ImageFit fit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (!Enum.IsDefined(fit)) throw new ArgumentOutOfRangeException(nameof(fit), fit, "Must be pad, crop or scale.");
        return (width, height) == (Width, Height) ? this : Fitting.Fit(this, width, height, fit);
    }

    /// <summary>A picture in which every pixel is a square of pixels (nearest neighbour), to see small pictures well.</summary>
    /// <param name="factor">The square's side, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is below 1, or the picture would be above 2 GB.</exception>
    public RgbImage Enlarge(int factor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(factor, 1);
        Int128 bytes = (Int128)Pixels.Length * factor * factor;
        if (bytes > Array.MaxLength) throw new ArgumentOutOfRangeException(nameof(factor), factor, "The enlarged picture would be too large.");

        byte[] pixels = new byte[(int)bytes];
        int stride = Width * factor * Channels;
        for (int y = 0; y < Height; y++)
        {
            Span<byte> first = pixels.AsSpan(y * factor * stride, stride);
            ReadOnlySpan<byte> row = Row(y);
            for (int i = 0; i < Width * factor; i++) row.Slice(i / factor * Channels, Channels).CopyTo(first[(i * Channels)..]);
            for (int copy = 1; copy < factor; copy++) first.CopyTo(pixels.AsSpan((y * factor + copy) * stride));
        }
        return new RgbImage(Width * factor, Height * factor, pixels);
    }

    /// <summary>Reads a picture file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="codec">What reads it; null for <see cref="ImageCodecs.Default"/>.</param>
    /// <param name="limits">What the file may ask for; null for <see cref="ImageLimits.Default"/>.</param>
    /// <exception cref="InvalidFileException">The file is missing, damaged, of another kind, or beyond the limits.</exception>
    public static RgbImage Load(string path, IImageCodec? codec = null, ImageLimits? limits = null) =>
        ByteSource.OpenStream(path, stream => codec?.Decode(stream, path, limits) ?? ImageCodecs.Default.Decode(stream, path, limits));

    /// <summary>Reads a picture file of any of the kinds, whatever its extension.</summary>
    /// <param name="path">The file.</param>
    /// <param name="codecs">The kinds.</param>
    /// <param name="limits">What the file may ask for; null for <see cref="ImageLimits.Default"/>.</param>
    /// <exception cref="InvalidFileException">The file is missing, damaged, of another kind, or beyond the limits.</exception>
    public static RgbImage Load(string path, ImageCodecs codecs, ImageLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(codecs);
        return ByteSource.OpenStream(path, stream => codecs.Decode(stream, path, limits));
    }

    /// <summary>Writes a picture file whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="codec">What writes it.</param>
    /// <param name="text">Texts to store with it by keyword; null for none.</param>
    /// <exception cref="ArgumentException">The kind of file cannot hold one of the texts.</exception>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path, IImageCodec codec, IReadOnlyDictionary<string, string>? text = null)
    {
        ArgumentNullException.ThrowIfNull(codec);
        AtomicFile.Write(path, stream => codec.Encode(this, stream, text));
    }

    /// <summary>Writes a picture file, of the kind that its extension tells, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="codecs">The kinds.</param>
    /// <param name="text">Texts to store with it by keyword; null for none.</param>
    /// <exception cref="ArgumentException">The kind of file cannot hold one of the texts.</exception>
    /// <exception cref="InvalidFileException">The extension is of none of the kinds, or the file cannot be written.</exception>
    public void Save(string path, ImageCodecs codecs, IReadOnlyDictionary<string, string>? text = null)
    {
        ArgumentNullException.ThrowIfNull(codecs);
        Save(path, codecs.ForExtensionOf(path), text);
    }

    /// <summary>Writes a PNG file whole or not at all; <see cref="PngCodec.ReadText(string, ImageLimits?)"/> gives the texts back.</summary>
    /// <inheritdoc cref="Save(string, IImageCodec, IReadOnlyDictionary{string, string}?)" path="/param[@name='path' or @name='text']"/>
    /// <inheritdoc cref="Save(string, IImageCodec, IReadOnlyDictionary{string, string}?)" path="/exception"/>
    public void SavePng(string path, IReadOnlyDictionary<string, string>? text = null) => Save(path, PngCodec.Default, text);
}
