namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>Finds places for labels near points, so that they cover neither points nor each other.</summary>
/// <param name="points">All points.</param>
/// <param name="right">The right edge, in pixels.</param>
/// <param name="bottom">The lower edge.</param>
internal sealed class PlotLabels(IReadOnlyList<(double X, double Y)> points, double right, double bottom)
{
    private const double LetterWidth = 7.5, LineHeight = 15, Radius = 6;
    private readonly List<(double X, double Y, double Width)> _placed = [];

    /// <summary>The middle of a point's label, and whether it is so far off that a line should lead to it.</summary>
    public (double X, double Y, bool Far) Place(double x, double y, int letters)
    {
        double width = LetterWidth * letters;
        (double X, double Y, bool Far) best = (x, y, false);
        double least = double.MaxValue;
        foreach (double distance in (double[])[0, 14, 28, 44])
        {
            for (int direction = 0; direction < 8; direction++)
            {
                double angle = Math.PI / 4 * ((direction * 3 + 7) % 8);
                double lx = x + Math.Cos(angle) * (Radius + 3 + width / 2 + distance), ly = y + Math.Sin(angle) * (Radius + LineHeight / 2 + distance);
                double cost = Cost(lx, ly, width) + distance / 100;
                if (cost < least) (least, best) = (cost, (lx, ly, distance > 0));
            }
        }
        _placed.Add((best.X, best.Y, width));
        return best;
    }

    private double Cost(double x, double y, double width)
    {
        int overPoints = points.Count(point => Math.Abs(point.X - x) < width / 2 + Radius && Math.Abs(point.Y - y) < LineHeight / 2 + Radius - 1);
        int overLabels = _placed.Count(label => Math.Abs(label.X - x) < (label.Width + width) / 2 + 2 && Math.Abs(label.Y - y) < LineHeight);
        bool outside = x - width / 2 < 30 || x + width / 2 > right || y < LineHeight / 2 || y > bottom - LineHeight / 2;
        return 2 * overPoints + 3 * overLabels + (outside ? 10 : 0);
    }
}
