namespace SafeDiffusion.ShapesWorld.Drawing;

/// <summary>The shapes of the shapes world, in the order of the judge's labels.</summary>
public enum ShapeKind
{
    /// <summary>A disc of radius r.</summary>
    Circle,

    /// <summary>A square of side 1.76 r.</summary>
    Square,

    /// <summary>A triangle on its base: 2 r wide, 1.8 r high.</summary>
    Triangle,

    /// <summary>A star of five points, radii 1.1 r and 0.45 r.</summary>
    Star,

    /// <summary>Two bars of 2 r by 0.72 r.</summary>
    Cross,

    /// <summary>A disc of radius r without one of radius 0.58 r.</summary>
    Ring,
}
