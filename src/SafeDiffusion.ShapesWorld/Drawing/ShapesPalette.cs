using System.Collections.Frozen;
using System.Collections.Immutable;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.ShapesWorld.Drawing;

/// <summary>What there is in the world that the shapes model was trained on: shapes, their colours, and plain grounds.</summary>
public static class ShapesPalette
{
    /// <summary>A picture's side in pixels.</summary>
    public const int Size = 64;

    /// <summary>The shapes' colours, in the order of the labels.</summary>
    public static ImmutableArray<string> ColorNames { get; } = ["red", "green", "blue", "yellow", "purple", "orange"];

    /// <summary>The shapes, in the order of the labels.</summary>
    public static ImmutableArray<ShapeKind> Kinds { get; } = [.. Enum.GetValues<ShapeKind>()];

    /// <summary>The labels, colour by colour: <c>red circle</c> first, as the learned judge has them.</summary>
    public static ImmutableArray<string> Labels { get; } = [.. ColorNames.SelectMany(color => Kinds.Select(kind => Label(color, kind)))];

    /// <summary>Colours and shapes alone, such as <c>red</c> and <c>triangle</c>: parts of labels.</summary>
    public static ImmutableArray<string> Parts { get; } = [.. ColorNames, .. Kinds.Select(Name)];

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
    public static string Label(string color, ShapeKind kind) => $"{color} {Name(kind)}";

    /// <summary>Whether something with a label is also what a name says: the label itself, its colour or its shape.</summary>
    /// <param name="label">One of <see cref="Labels"/>.</param>
    /// <param name="name">One of <see cref="Labels"/> or of <see cref="Parts"/>.</param>
    public static bool Is(string label, string name)
    {
        ArgumentNullException.ThrowIfNull(label);
        return label == name || label.Split(' ').Contains(name);
    }

    private static string Name(ShapeKind kind) => kind.ToString().ToLowerInvariant();
}
