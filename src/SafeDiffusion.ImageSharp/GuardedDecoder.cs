using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.PixelFormats;

namespace SafeDiffusion.ImageSharp;

/// <summary>Decodes with ImageSharp what a stranger may have made: its size is asked for first, and every error is ours.</summary>
internal static class GuardedDecoder
{
    // Of this library's limits the pixels hold first: the largest buffer is a progressive JPEG's coefficients, 2 bytes each.
    private const int MaxBufferMegabytes = 1024;

    private static readonly Configuration _configuration = OnlyJpegAndWebp();

    /// <summary>Decodes a file whose structure has been checked.</summary>
    /// <exception cref="InvalidFileException">It is damaged or beyond the limits.</exception>
    public static Image<TPixel> Decode<TPixel>(IImageDecoder decoder, ReadOnlyMemory<byte> bytes, string name, ImageLimits limits)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        IImageInfo? info = Guard(() => Image.Identify(_configuration, Open(bytes)), name);
        if (info is not { Width: > 0, Height: > 0 }) throw new InvalidFileException(name, "is damaged: its size cannot be read");
        limits.RequirePixels(info.Width, info.Height, name);
        Image<TPixel> picture = Guard(() => Image.Load<TPixel>(_configuration, Open(bytes), decoder), name);
        if (picture.Width == info.Width && picture.Height == info.Height) return picture;
        picture.Dispose();
        throw new InvalidFileException(name, $"is damaged: its size is both {info.Width}x{info.Height} and {picture.Width}x{picture.Height}");
    }

    private static T Guard<T>(Func<T> decode, string name)
    {
        try
        {
            return decode();
        }
        // Damaged files lead ImageSharp to exceptions of every kind, those of arrays and of null among them.
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            throw new InvalidFileException(name, $"is damaged: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    private static MemoryStream Open(ReadOnlyMemory<byte> bytes)
    {
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> segment);
        return new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false);
    }

    // A configuration of our own: ImageSharp's default one knows every kind of file, and belongs to the app.
    private static Configuration OnlyJpegAndWebp()
    {
        Configuration configuration = new()
        {
            MemoryAllocator = MemoryAllocator.Create(new MemoryAllocatorOptions { AllocationLimitMegabytes = MaxBufferMegabytes, MaximumPoolSizeMegabytes = 64 }),
        };
        Register(JpegFormat.Instance, new JpegImageFormatDetector(), new JpegDecoder { IgnoreMetadata = true });
        Register(WebpFormat.Instance, new WebpImageFormatDetector(), new WebpDecoder { IgnoreMetadata = true });
        return configuration;

        void Register(IImageFormat format, IImageFormatDetector detector, IImageDecoder decoder)
        {
            configuration.ImageFormatsManager.AddImageFormat(format);
            configuration.ImageFormatsManager.AddImageFormatDetector(detector);
            configuration.ImageFormatsManager.SetDecoder(format, decoder);
        }
    }
}
