using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Imaging;

/// <summary>
/// The kinds of picture that an app reads and writes. A file is read by what it begins with, whatever it is called, and written by its
/// extension. Immutable: <see cref="Add"/> gives a new set.
/// </summary>
public sealed class ImageCodecs
{
    /// <summary>Bytes of a file's start by which codecs recognise it.</summary>
    public const int StartLength = 16;

    private ImageCodecs(ImmutableArray<IImageCodec> all) => All = all;

    /// <summary>PNG alone. The package SafeDiffusion.ImageSharp adds JPEG and WebP: <c>ImageCodecs.Default.AddImageSharp()</c>.</summary>
    public static ImageCodecs Default { get; } = new([PngCodec.Default]);

    /// <summary>The codecs; the later one counts where two know a file.</summary>
    public ImmutableArray<IImageCodec> All { get; }

    /// <summary>These codecs and one more, which comes before them.</summary>
    public ImageCodecs Add(IImageCodec codec)
    {
        ArgumentNullException.ThrowIfNull(codec);
        return new ImageCodecs(All.Add(codec));
    }

    /// <summary>The codec that writes files of this extension.</summary>
    /// <param name="path">The file to be written.</param>
    /// <exception cref="InvalidFileException">No codec knows the extension; the error names those that are known.</exception>
    public IImageCodec ForExtensionOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string extension = Path.GetExtension(path).ToLowerInvariant();
        return All.LastOrDefault(codec => codec.Extensions.Contains(extension)) ?? throw new InvalidFileException(path, Unwritable(extension));
    }

    /// <summary>Reads a picture of any of these kinds.</summary>
    /// <param name="stream">The file's content, from its current position; left open.</param>
    /// <param name="name">What the messages call it.</param>
    /// <param name="limits">What the file may ask for; null for <see cref="ImageLimits.Default"/>.</param>
    /// <exception cref="InvalidFileException">The content is damaged, of no kind that is known, or beyond the limits.</exception>
    public RgbImage Decode(Stream stream, string name, ImageLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        limits ??= ImageLimits.Default;
        // The start is looked at and then read again.
        if (!stream.CanSeek) stream = new MemoryStream(BoundedBytes.Read(stream, name, limits), writable: false);

        Span<byte> start = stackalloc byte[StartLength];
        start = start[..stream.ReadAtLeast(start, StartLength, throwOnEndOfStream: false)];
        stream.Position -= start.Length;
        foreach (IImageCodec codec in All.Reverse())
        {
            if (codec.Recognizes(start)) return codec.Decode(stream, name, limits);
        }
        throw new InvalidFileException(name, ForeignImage.Describe(start, Formats));
    }

    private string Formats => Enumerate([.. All.Select(codec => codec.Format)], "and");

    private string Unwritable(string extension)
    {
        string known = Enumerate([.. All.SelectMany(codec => codec.Extensions)], "or");
        string what = extension.Length == 0 ? "has no extension, which tells the kind of picture to write" : $"is to be written as {extension}, which is no kind of picture that can be written";
        return $"{what}. Name it {known}.{ForeignImage.Advice(extension, All)}";
    }

    private static string Enumerate(string[] items, string last) =>
        items.Length == 1 ? items[0] : $"{string.Join(", ", items[..^1])} {last} {items[^1]}";
}
