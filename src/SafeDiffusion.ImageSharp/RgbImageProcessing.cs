using SafeDiffusion.Core.Imaging;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;

namespace SafeDiffusion;

/// <summary>Scales and blurs pictures.</summary>
public static class RgbImageProcessing
{
    /// <summary>The picture stretched to a size, by Lanczos' filter of three lobes as diffusers scales initial pictures.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="width">The width to make, at least 1.</param>
    /// <param name="height">The height to make, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is not positive.</exception>
    public static RgbImage Scale(this RgbImage image, int width, int height) => Resize(image, width, height, ResizeMode.Stretch);

    /// <summary>The picture scaled so that it covers a size, its shape kept and what sticks out cut off on both sides alike.</summary>
    /// <inheritdoc cref="Scale"/>
    public static RgbImage ScaleToCover(this RgbImage image, int width, int height) => Resize(image, width, height, ResizeMode.Crop);

    /// <summary>The picture blurred.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="sigma">The Gaussian's standard deviation in pixels, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The deviation is not a finite number above 0.</exception>
    public static RgbImage Blur(this RgbImage image, float sigma)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (!float.IsFinite(sigma) || sigma <= 0) throw new ArgumentOutOfRangeException(nameof(sigma), sigma, "Must be a finite number above 0.");
        return Process(image, context => context.GaussianBlur(sigma));
    }

    private static RgbImage Resize(RgbImage image, int width, int height, ResizeMode mode)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if ((width, height) == (image.Width, image.Height)) return image;
        ResizeOptions options = new() { Size = new Size(width, height), Mode = mode, Sampler = KnownResamplers.Lanczos3 };
        return Process(image, context => context.Resize(options));
    }

    private static RgbImage Process(RgbImage image, Action<IImageProcessingContext> operation)
    {
        using Image<Rgb24> picture = image.ToImageSharp();
        picture.Mutate(operation);
        return picture.ToRgbImage();
    }
}
