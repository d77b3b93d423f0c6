namespace SafeDiffusion.Core.Imaging;

/// <summary>Hides what a picture shows.</summary>
public static class Blurring
{
    /// <summary>Cells on the longer side, of which only the mean colour is left.</summary>
    private const int Cells = 6;

    /// <summary>A picture in which only the mean colours of a few large cells are left, faded into each other.</summary>
    public static RgbImage Blur(RgbImage image)
    {
        int cell = Math.Max(1, (Math.Max(image.Width, image.Height) + Cells - 1) / Cells);
        (int columns, int rows) = ((image.Width + cell - 1) / cell, (image.Height + cell - 1) / cell);
        float[] means = Means(image, cell, columns, rows);
        byte[] pixels = new byte[image.Pixels.Length];
        for (int y = 0; y < image.Height; y++)
        {
            (int top, int bottom, float down) = Neighbours(y, cell, rows);
            for (int x = 0; x < image.Width; x++)
            {
                (int left, int right, float across) = Neighbours(x, cell, columns);
                for (int channel = 0; channel < RgbImage.Channels; channel++)
                {
                    float above = float.Lerp(Mean(left, top, channel), Mean(right, top, channel), across);
                    float below = float.Lerp(Mean(left, bottom, channel), Mean(right, bottom, channel), across);
                    pixels[(y * image.Width + x) * RgbImage.Channels + channel] = (byte)MathF.Round(float.Lerp(above, below, down));
                }
            }
        }
        return new RgbImage(image.Width, image.Height, pixels);

        float Mean(int column, int row, int channel) => means[(row * columns + column) * RgbImage.Channels + channel];
    }

    /// <summary>A plain picture of the same size.</summary>
    public static RgbImage Blank(RgbImage image)
    {
        byte[] pixels = new byte[image.Pixels.Length];
        pixels.AsSpan().Fill(128);
        return new RgbImage(image.Width, image.Height, pixels);
    }

    private static float[] Means(RgbImage image, int cell, int columns, int rows)
    {
        float[] sums = new float[columns * rows * RgbImage.Channels];
        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> row = image.Row(y);
            for (int i = 0; i < row.Length; i++)
            {
                int x = i / RgbImage.Channels;
                sums[(y / cell * columns + x / cell) * RgbImage.Channels + i % RgbImage.Channels] += row[i];
            }
        }
        for (int i = 0; i < sums.Length; i++)
        {
            int place = i / RgbImage.Channels;
            int width = Math.Min(cell, image.Width - place % columns * cell), height = Math.Min(cell, image.Height - place / columns * cell);
            sums[i] /= width * height;
        }
        return sums;
    }

    /// <summary>The cells whose centres lie on both sides of a pixel, and how far it is from the first to the second.</summary>
    private static (int First, int Second, float Share) Neighbours(int pixel, int cell, int count)
    {
        float place = Math.Clamp((pixel + 0.5f) / cell - 0.5f, 0, count - 1);
        int first = (int)place;
        return (first, Math.Min(first + 1, count - 1), place - first);
    }
}
