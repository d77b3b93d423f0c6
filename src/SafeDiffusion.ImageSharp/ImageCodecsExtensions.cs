using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion;

/// <summary>Adds what ImageSharp reads and writes.</summary>
public static class ImageCodecsExtensions
{
    /// <summary>Adds JPEG and WebP.</summary>
    /// <param name="codecs">The codecs so far, such as <see cref="ImageCodecs.Default"/>.</param>
    /// <param name="quality">The quality of what is written, 1 to 100.</param>
    /// <exception cref="ArgumentOutOfRangeException">The quality is out of range.</exception>
    public static ImageCodecs AddImageSharp(this ImageCodecs codecs, int quality = ImageSharp.JpegCodec.DefaultQuality)
    {
        ArgumentNullException.ThrowIfNull(codecs);
        return codecs.Add(new ImageSharp.JpegCodec { Quality = quality }).Add(new ImageSharp.WebpCodec { Quality = quality });
    }
}
