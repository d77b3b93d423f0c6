namespace SafeDiffusion.Core.Imaging;

/// <summary>Brings pictures to sizes.</summary>
internal static class Fitting
{
    private const byte Gray = 128;

    public static RgbImage Fit(RgbImage image, int width, int height, ImageFit fit)
    {
        double across = (double)width / image.Width;
        double down = (double)height / image.Height;
        (double x, double y) = fit switch
        {
            ImageFit.Pad => (Math.Min(across, down), Math.Min(across, down)),
            ImageFit.Crop => (Math.Max(across, down), Math.Max(across, down)),
            ImageFit.Scale => (across, down),
            _ => throw new ArgumentOutOfRangeException(nameof(fit), fit, "Must be pad, crop or scale."),
        };
        // The side that decides comes out exactly, whatever the rounding.
        int scaledWidth = x == across ? width : Math.Max(1, (int)Math.Round(image.Width * x));
        int scaledHeight = y == down ? height : Math.Max(1, (int)Math.Round(image.Height * y));
        if (fit == ImageFit.Pad) return Framed(Resize(image, scaledWidth, scaledHeight), width, height);

        // Cut first: a long strip scaled whole would be far larger than what is kept of it.
        int keptWidth = Math.Clamp((int)Math.Round(width / x), 1, image.Width);
        int keptHeight = Math.Clamp((int)Math.Round(height / y), 1, image.Height);
        RgbImage kept = image.Crop((image.Width - keptWidth) / 2, (image.Height - keptHeight) / 2, keptWidth, keptHeight);
        return Resize(kept, width, height);
    }

    private static RgbImage Resize(RgbImage image, int width, int height)
    {
        if ((width, height) == (image.Width, image.Height)) return image;
        float[] levels = Resampling.Resize(image, width, height, ImageFilter.Bicubic);
        byte[] pixels = new byte[levels.Length];
        // A cubic overshoots at edges.
        for (int i = 0; i < levels.Length; i++) pixels[i] = (byte)Math.Round(Math.Clamp(levels[i], 0, 255));
        return new RgbImage(width, height, pixels);
    }

    private static RgbImage Framed(RgbImage image, int width, int height)
    {
        if ((width, height) == (image.Width, image.Height)) return image;
        byte[] pixels = new byte[width * height * RgbImage.Channels];
        Array.Fill(pixels, Gray);
        int left = (width - image.Width) / 2;
        int top = (height - image.Height) / 2;
        for (int y = 0; y < image.Height; y++) image.Row(y).CopyTo(pixels.AsSpan(((top + y) * width + left) * RgbImage.Channels));
        return new RgbImage(width, height, pixels);
    }
}
