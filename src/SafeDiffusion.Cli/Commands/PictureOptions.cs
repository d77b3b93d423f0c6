using System.CommandLine;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.ImageSharp;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The kinds of picture that the tool reads and writes, and how well it writes them.</summary>
internal sealed class PictureOptions
{
    private readonly Option<int?> _quality = new("--quality") { Description = $"The quality of JPEG and WebP pictures, 1 to 100 (default: {JpegCodec.DefaultQuality})." };

    /// <summary>PNG, JPEG and WebP.</summary>
    public static ImageCodecs Codecs { get; } = ImageCodecs.Default.AddImageSharp();

    public void AddTo(Command command) => command.Options.Add(_quality);

    /// <summary>What writes the pictures.</summary>
    /// <exception cref="InvalidRequestException">The quality is out of range, or has no effect on any of the files.</exception>
    /// <exception cref="InvalidFileException">A file's extension is that of no picture.</exception>
    public ImageCodecs Read(ParseResult parsed, params IEnumerable<string> files)
    {
        bool onlyPng = true;
        foreach (string file in files) onlyPng &= Codecs.ForExtensionOf(file) is PngCodec;
        if (parsed.GetValue(_quality) is not { } quality) return Codecs;
        if (quality is < 1 or > 100) throw new InvalidRequestException("--quality", $"must be from 1 to 100, and is {quality}.");
        if (onlyPng) throw new InvalidRequestException("--quality", "has no effect on PNG, which keeps every pixel. Name the picture .jpg or .webp, or leave it out.");
        return ImageCodecs.Default.AddImageSharp(quality);
    }
}
