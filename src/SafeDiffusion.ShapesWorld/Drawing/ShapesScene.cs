using System.Collections.Immutable;

namespace SafeDiffusion.ShapesWorld.Drawing;

/// <summary>A picture of the shapes world before it is drawn.</summary>
/// <param name="Ground">The ground's name, one of <see cref="ShapesPalette.Grounds"/>.</param>
/// <param name="Shapes">The shapes, the later over the earlier.</param>
public sealed record ShapesScene(string Ground, ImmutableArray<PlacedShape> Shapes)
{
    /// <summary>Draws a scene as the shapes model's training pictures were: one or two shapes, the first on the left half.</summary>
    public static ShapesScene Sample(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        string ground = ShapesPalette.Grounds.Keys.Order(StringComparer.Ordinal).ElementAt(random.Next(ShapesPalette.Grounds.Count));
        if (random.NextDouble() < 0.4) return new ShapesScene(ground, [Place(random, 13, 22, 2, 0, ShapesPalette.Size)]);
        return new ShapesScene(ground, [Place(random, 10, 14, 1, 0, 32), Place(random, 10, 14, 1, 32, 32)]);
    }

    private static PlacedShape Place(Random random, double smallest, double largest, double margin, double left, double width)
    {
        double radius = Uniform(smallest, largest);
        string color = ShapesPalette.ColorNames[random.Next(ShapesPalette.ColorNames.Length)];
        ShapeKind kind = (ShapeKind)random.Next(ShapesPalette.Kinds.Length);
        double x = left + Uniform(radius + margin, width - radius - margin);
        return new PlacedShape(color, kind, x, Uniform(radius + 2, ShapesPalette.Size - radius - 2), radius);

        double Uniform(double from, double to) => from + ((to - from) * random.NextDouble());
    }
}

/// <summary>A shape in its place.</summary>
/// <param name="Color">The colour's name, one of <see cref="ShapesPalette.ColorNames"/>.</param>
/// <param name="Kind">The shape.</param>
/// <param name="X">Its centre's x in pixels, from the picture's left edge.</param>
/// <param name="Y">Its centre's y in pixels, from the picture's upper edge.</param>
/// <param name="Radius">Its radius in pixels.</param>
public sealed record PlacedShape(string Color, ShapeKind Kind, double X, double Y, double Radius)
{
    /// <summary>The judge's label, such as <c>red triangle</c>.</summary>
    public string Label => ShapesPalette.Label(Color, Kind);
}
