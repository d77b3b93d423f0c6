using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.ShapesWorld.Drawing;

namespace SafeDiffusion.ShapesWorld.Reading;

/// <summary>A shape laid over a part of a picture as well as it goes.</summary>
/// <param name="Kind">The shape.</param>
/// <param name="Overlap">Intersection over union of both, 0 to 1; a pixel that is part in counts in part.</param>
internal readonly record struct ShapeFit(ShapeKind Kind, double Overlap)
{
    private const int Margin = 2;

    /// <summary>A shape that lies further behind the best one than this after its first placement is not refined.</summary>
    private const double Hopeless = 0.2;

    /// <summary>How far a pixel's samples may lie from its centre on both axes: at first as in a sharp picture, at most as in a blurred one.</summary>
    private const double Sharp = 0.25;
    private const double Blurred = 1;

    /// <summary>The shape that fits best.</summary>
    /// <param name="cover">How much of each pixel of the picture belongs to the part.</param>
    /// <param name="box">Where it lies.</param>
    public static ShapeFit Best(CoverMap cover, ImageBox box)
    {
        (ShapeKind Kind, Placement Placement, double Overlap)[] starts = [.. ShapesPalette.Kinds.Select(Begin)];
        double best = starts.Max(start => start.Overlap);
        return starts.Where(start => start.Overlap >= best - Hopeless)
            .Select(start => new ShapeFit(start.Kind, Refine(start.Kind, start.Placement, start.Overlap, cover, box)))
            .MaxBy(fit => fit.Overlap);

        (ShapeKind, Placement, double) Begin(ShapeKind kind)
        {
            Placement placement = Fill(kind, box);
            return (kind, placement, Measure(kind, placement, cover, box));
        }
    }

    /// <summary>The placement in which the shape's extent is the box.</summary>
    private static Placement Fill(ShapeKind kind, ImageBox box)
    {
        (double left, double top, double right, double bottom) = ShapeGeometry.Extent(kind);
        double radius = ((box.Width / (right - left)) + (box.Height / (bottom - top))) / 2;
        return new Placement(
            box.X + (box.Width / 2d) - (radius * (left + right) / 2), box.Y + (box.Height / 2d) - (radius * (top + bottom) / 2), radius, Sharp);
    }

    /// <summary>Moves, resizes and blurs the shape in ever smaller steps while that helps.</summary>
    private static double Refine(ShapeKind kind, Placement placement, double overlap, CoverMap cover, ImageBox box)
    {
        for (double step = 1; step > 0.2; step /= 2)
        {
            bool isBetter = true;
            for (int round = 0; isBetter && round < 4; round++)
            {
                isBetter = false;
                foreach (Placement near in placement.Near(step))
                {
                    double other = Measure(kind, near, cover, box);
                    if (other <= overlap) continue;
                    (placement, overlap, isBetter) = (near, other, true);
                }
            }
        }
        return overlap;
    }

    private static double Measure(ShapeKind kind, Placement placement, CoverMap cover, ImageBox box)
    {
        (double both, double either) = (0, 0);
        for (int y = box.Y - Margin; y < box.Y + box.Height + Margin; y++)
        {
            for (int x = box.X - Margin; x < box.X + box.Width + Margin; x++)
            {
                float expected = placement.Cover(kind, x + 0.5, y + 0.5);
                float actual = cover[x, y];
                both += Math.Min(expected, actual);
                either += Math.Max(expected, actual);
            }
        }
        return both / either;
    }

    private readonly record struct Placement(double X, double Y, double Radius, double Blur)
    {
        public Placement[] Near(double step) =>
        [
            this with { X = X - step }, this with { X = X + step }, this with { Y = Y - step }, this with { Y = Y + step },
            this with { Radius = Math.Max(1, Radius - step) }, this with { Radius = Radius + step },
            this with { Blur = Math.Max(Sharp, Blur - step) }, this with { Blur = Math.Min(Blurred, Blur + step) },
        ];

        /// <summary>How much of a pixel the shape covers, by four samples.</summary>
        public float Cover(ShapeKind kind, double x, double y) =>
            (Contains(kind, x - Blur, y - Blur) + Contains(kind, x + Blur, y - Blur)
                + Contains(kind, x - Blur, y + Blur) + Contains(kind, x + Blur, y + Blur)) / 4f;

        private int Contains(ShapeKind kind, double x, double y) => ShapeGeometry.Contains(kind, (x - X) / Radius, (y - Y) / Radius) ? 1 : 0;
    }
}
