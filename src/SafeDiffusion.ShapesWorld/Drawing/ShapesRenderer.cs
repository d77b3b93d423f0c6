using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.ShapesWorld.Drawing;

/// <summary>
/// Draws what <c>models/shapes/training/world.py</c> draws, except that edges are not rounded to a quarter of a pixel.
/// </summary>
public static class ShapesRenderer
{
    private const int Size = ShapesPalette.Size;
    private const int Samples = 4;
    private const int Channels = 3;

    /// <summary>Pillow counts an edge's pixels in: shapes grow by half a sample on each side.</summary>
    private const double Growth = 0.5 / Samples;

    /// <summary>Draws a scene in 64×64 pixels, each the mean of 4×4 samples.</summary>
    /// <exception cref="KeyNotFoundException">A colour or the ground is not of this world.</exception>
    public static RgbImage Render(ShapesScene scene)
    {
        ArgumentNullException.ThrowIfNull(scene);
        RgbColor[] canvas = new RgbColor[Size * Samples * Size * Samples];
        Array.Fill(canvas, ShapesPalette.Grounds[scene.Ground]);
        foreach (PlacedShape shape in scene.Shapes) Draw(canvas, shape with { Radius = shape.Radius + Growth });
        byte[] pixels = new byte[Size * Size * Channels];
        for (int i = 0; i < Size * Size; i++) Average(canvas, i % Size, i / Size).CopyTo(pixels.AsSpan(i * Channels));
        return new RgbImage(Size, Size, pixels);
    }

    private static void Draw(RgbColor[] canvas, PlacedShape shape)
    {
        const int Side = Size * Samples;
        RgbColor color = ShapesPalette.Colors[shape.Color];
        int reach = (int)Math.Ceiling(shape.Radius * ShapeGeometry.Reach * Samples) + 1;
        (int centerX, int centerY) = ((int)(shape.X * Samples), (int)(shape.Y * Samples));
        for (int y = Math.Max(0, centerY - reach); y < Math.Min(Side, centerY + reach + 1); y++)
        {
            for (int x = Math.Max(0, centerX - reach); x < Math.Min(Side, centerX + reach + 1); x++)
            {
                double across = (((x + 0.5) / Samples) - shape.X) / shape.Radius;
                double down = (((y + 0.5) / Samples) - shape.Y) / shape.Radius;
                if (ShapeGeometry.Contains(shape.Kind, across, down)) canvas[(y * Side) + x] = color;
            }
        }
    }

    private static byte[] Average(RgbColor[] canvas, int x, int y)
    {
        const int Half = Samples * Samples / 2;
        (int red, int green, int blue) = (Half, Half, Half);
        for (int sample = 0; sample < Samples * Samples; sample++)
        {
            RgbColor color = canvas[(((y * Samples) + (sample / Samples)) * Size * Samples) + (x * Samples) + (sample % Samples)];
            (red, green, blue) = (red + color.Red, green + color.Green, blue + color.Blue);
        }
        return [(byte)(red / (2 * Half)), (byte)(green / (2 * Half)), (byte)(blue / (2 * Half))];
    }
}
