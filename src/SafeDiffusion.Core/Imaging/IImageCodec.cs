using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Imaging;

/// <summary>
/// Reads and writes one kind of picture file. <see cref="PngCodec"/> is built in; the package SafeDiffusion.ImageSharp has JPEG and WebP,
/// and other kinds can be plugged in by implementing this. <see cref="ImageCodecs"/> chooses among several.
/// </summary>
public interface IImageCodec
{
    /// <summary>What the kind is called, such as <c>PNG</c>.</summary>
    string Format { get; }

    /// <summary>The extensions of its files in lower case with the dot, the usual one first.</summary>
    IReadOnlyList<string> Extensions { get; }

    /// <summary>Whether <see cref="Encode"/> can store texts.</summary>
    bool HoldsText => false;

    /// <summary>Whether a file that begins so is of this kind.</summary>
    /// <param name="start">The file's first bytes: <see cref="ImageCodecs.StartLength"/>, fewer where the file is shorter.</param>
    bool Recognizes(ReadOnlySpan<byte> start);

    /// <summary>Reads a picture upright; transparency is blended over white.</summary>
    /// <param name="stream">The file's content, from its current position; left open.</param>
    /// <param name="name">What the messages call it.</param>
    /// <param name="limits">What the file may ask for; null for <see cref="ImageLimits.Default"/>.</param>
    /// <exception cref="InvalidFileException">The content is damaged, of another kind, or beyond the limits.</exception>
    RgbImage Decode(Stream stream, string name, ImageLimits? limits = null);

    /// <summary>Writes a picture.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="stream">Where to; left open.</param>
    /// <param name="text">Texts to store with it by keyword, such as the prompt and the seed; null for none.</param>
    /// <exception cref="ArgumentException">The kind of file cannot hold one of the texts.</exception>
    /// <exception cref="InvalidRequestException">The kind of file cannot hold a picture of this size.</exception>
    void Encode(RgbImage image, Stream stream, IReadOnlyDictionary<string, string>? text = null);
}
