using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Networks;

/// <summary>Makes the numbers that a network reads of a picture.</summary>
internal static class ImageTensor
{
    /// <summary>Writes a picture as an input asks for it.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="input">What the network reads; valid.</param>
    /// <param name="values">Receives [3, H, W] or [H, W, 3]; as long as that.</param>
    public static void Write(RgbImage image, ImageInput input, Span<float> values)
    {
        ImagePlacement placement = ImagePlacement.Of(input, image.Width, image.Height);
        float[] levels = Levels(image, placement, input.Filter);
        int plane = input.Width * input.Height;
        for (int channel = 0; channel < RgbImage.Channels; channel++)
        {
            int source = input.Channels == ChannelOrder.Rgb ? channel : RgbImage.Channels - 1 - channel;
            float divisor = input.Scale == ImageScale.Unit ? 255f : 1f;
            for (int i = 0; i < plane; i++)
            {
                int x = (i % input.Width) - placement.X;
                int y = (i / input.Width) - placement.Y;
                bool inside = (uint)x < (uint)placement.Width && (uint)y < (uint)placement.Height;
                float level = inside ? levels[(((y * placement.Width) + x) * RgbImage.Channels) + source] : input.Padding;
                int to = input.Layout == ImageLayout.Nchw ? (channel * plane) + i : (i * RgbImage.Channels) + channel;
                values[to] = ((level / divisor) - input.Mean[channel]) / input.Std[channel];
            }
        }
    }

    private static float[] Levels(RgbImage image, ImagePlacement placement, ImageFilter filter)
    {
        float[] levels = new float[image.Pixels.Length];
        ReadOnlySpan<byte> pixels = image.Pixels.Span;
        for (int i = 0; i < levels.Length; i++) levels[i] = pixels[i];
        if ((image.Width, image.Height) == (placement.Width, placement.Height)) return levels;
        float[] resized = Resampling.Resize(levels, (image.Width, image.Height, RgbImage.Channels), (placement.Width, placement.Height), filter);
        // A cubic overshoots at edges; pictures do not.
        for (int i = 0; i < resized.Length; i++) resized[i] = Math.Clamp(resized[i], 0, 255);
        return resized;
    }
}
