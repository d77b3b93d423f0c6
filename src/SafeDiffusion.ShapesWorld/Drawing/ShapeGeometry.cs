namespace SafeDiffusion.ShapesWorld.Drawing;

/// <summary>The shapes as sets of points, around their centre and in units of their radius; y points down.</summary>
internal static class ShapeGeometry
{
    /// <summary>How far a shape may reach from its centre on an axis.</summary>
    public const double Reach = 1.1;

    private const double StarInner = 0.45;

    private static readonly (double X, double Y)[] _tips =
        [.. Enumerable.Range(0, 5).Select(k => (-Math.PI / 2) + (k * 2 * Math.PI / 5)).Select(angle => (Math.Cos(angle), Math.Sin(angle)))];

    // The edge from a tip (Reach, 0) to the notch beside it, as the coefficients of its line.
    private static readonly (double X, double Y) _notch = (StarInner * Math.Cos(Math.PI / 5), StarInner * Math.Sin(Math.PI / 5));

    public static bool Contains(ShapeKind kind, double x, double y)
    {
        (double across, double down) = (Math.Abs(x), Math.Abs(y));
        return kind switch
        {
            ShapeKind.Circle => (x * x) + (y * y) <= 1,
            ShapeKind.Square => Math.Max(across, down) <= 0.88,
            ShapeKind.Triangle => y <= 0.8 && across <= (y + 1) / 1.8,
            ShapeKind.Star => StarContains(x, y),
            ShapeKind.Cross => Math.Min(across, down) <= 0.36 && Math.Max(across, down) <= 1,
            ShapeKind.Ring => (x * x) + (y * y) is <= 1 and >= 0.58 * 0.58,
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such shape."),
        };
    }

    /// <summary>A shape's extent around its centre, in units of its radius.</summary>
    public static (double Left, double Top, double Right, double Bottom) Extent(ShapeKind kind) => kind switch
    {
        ShapeKind.Square => (-0.88, -0.88, 0.88, 0.88),
        ShapeKind.Triangle => (-1, -1, 1, 0.8),
        ShapeKind.Star => (-Reach * Math.Cos(Math.PI / 10), -Reach, Reach * Math.Cos(Math.PI / 10), Reach * Math.Sin(Math.PI * 0.3)),
        _ => (-1, -1, 1, 1),
    };

    /// <summary>Turns the point to its nearest tip, where one edge decides.</summary>
    private static bool StarContains(double x, double y)
    {
        (double along, double beside) = (double.MinValue, 0);
        foreach ((double tipX, double tipY) in _tips)
        {
            double projection = (x * tipX) + (y * tipY);
            if (projection > along) (along, beside) = (projection, Math.Abs((x * tipY) - (y * tipX)));
        }
        return ((Reach - along) * _notch.Y) - (beside * (Reach - _notch.X)) >= 0;
    }
}
