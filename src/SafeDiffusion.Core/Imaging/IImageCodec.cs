using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Imaging;

/// <summary>Reads and writes one kind of picture file. <see cref="PngCodec"/> is built in; other kinds can be plugged in by implementing this.</summary>
public interface IImageCodec
{
    /// <summary>Reads a picture; transparency is blended over white.</summary>
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
    void Encode(RgbImage image, Stream stream, IReadOnlyDictionary<string, string>? text = null);
}
