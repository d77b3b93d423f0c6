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
}
