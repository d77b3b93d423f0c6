using System.Collections.Frozen;
using System.Collections.Immutable;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Evaluation.Judging.Shapes;

/// <summary>
/// The world that the shapes model was trained on: coloured shapes on a plain ground. It draws what
/// <c>models/shapes/training/world.py</c> draws, except that edges are not rounded to a quarter of a pixel.
/// </summary>
public static class ShapesWorld
{
    /// <summary>A picture's side in pixels.</summary>
    public const int Size = 64;

    private const int Samples = 4;

    /// <summary>Pillow counts an edge's pixels in: shapes grow by half a sample on each side.</summary>
    private const double Growth = 0.5 / Samples;

    /// <summary>The shapes' colours, in the order of the labels.</summary>
    public static ImmutableArray<string> ColorNames { get; } = ["red", "green", "blue", "yellow", "purple", "orange"];

    /// <summary>The shapes, in the order of the labels.</summary>
    public static ImmutableArray<ShapeKind> Kinds { get; } = [.. Enum.GetValues<ShapeKind>()];

    /// <summary>The labels, colour by colour: <c>red circle</c> first, as the learned judge has them.</summary>
    public static ImmutableArray<string> Labels { get; } = [.. ColorNames.SelectMany(color => Kinds.Select(kind => Label(color, kind)))];

    /// <summary>The shapes' colours by name.</summary>
    public static FrozenDictionary<string, RgbColor> Colors { get; } = new Dictionary<string, RgbColor>
    {
        ["red"] = new(220, 40, 40),
        ["green"] = new(40, 170, 70),
        ["blue"] = new(50, 80, 220),
        ["yellow"] = new(240, 210, 50),
        ["purple"] = new(150, 60, 190),
        ["orange"] = new(245, 140, 40),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The grounds by name.</summary>
    public static FrozenDictionary<string, RgbColor> Grounds { get; } = new Dictionary<string, RgbColor>
    {
        ["white"] = new(245, 245, 245),
        ["black"] = new(20, 20, 20),
        ["gray"] = new(128, 128, 128),
        ["pink"] = new(250, 190, 205),
        ["cyan"] = new(150, 225, 230),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>A label, such as <c>red triangle</c>.</summary>
    public static string Label(string color, ShapeKind kind) => $"{color} {kind.ToString().ToLowerInvariant()}";

    /// <summary>Draws a scene in 64×64 pixels, each the mean of 4×4 samples.</summary>
    /// <exception cref="KeyNotFoundException">A colour or the ground is not of this world.</exception>
    public static RgbImage Render(ShapesScene scene)
    {
        ArgumentNullException.ThrowIfNull(scene);
        RgbColor[] canvas = new RgbColor[Size * Samples * Size * Samples];
        Array.Fill(canvas, Grounds[scene.Ground]);
        foreach (PlacedShape shape in scene.Shapes) Draw(canvas, shape with { Radius = shape.Radius + Growth });
        byte[] pixels = new byte[Size * Size * RgbImage.Channels];
        for (int i = 0; i < Size * Size; i++) Average(canvas, i % Size, i / Size).CopyTo(pixels.AsSpan(i * RgbImage.Channels));
        return new RgbImage(Size, Size, pixels);
    }

    private static void Draw(RgbColor[] canvas, PlacedShape shape)
    {
        const int Side = Size * Samples;
        RgbColor color = Colors[shape.Color];
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
