using System.Collections.Immutable;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>A box as a detector gives it, on the network's canvas in pixels.</summary>
internal readonly record struct CanvasBox(double Left, double Top, double Right, double Bottom)
{
    public static CanvasBox Of(ReadOnlySpan<float> numbers, BoxFormat format) => format == BoxFormat.Corners
        ? new CanvasBox(numbers[0], numbers[1], numbers[2], numbers[3])
        : new CanvasBox(numbers[0] - (numbers[2] / 2), numbers[1] - (numbers[3] / 2), numbers[0] + (numbers[2] / 2), numbers[1] + (numbers[3] / 2));

    /// <summary>Intersection over union of two boxes; 0 where both are empty.</summary>
    public static double Overlap(CanvasBox a, CanvasBox b)
    {
        double width = Math.Max(0, Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left));
        double height = Math.Max(0, Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top));
        double both = width * height;
        double either = a.Area + b.Area - both;
        return either <= 0 ? 0 : both / either;
    }

    private double Area => Math.Max(0, Right - Left) * Math.Max(0, Bottom - Top);
}

/// <summary>Makes findings of a detector's candidates.</summary>
/// <param name="Labels">The labels.</param>
/// <param name="Thresholds">A threshold per label.</param>
/// <param name="Input">What the network read.</param>
/// <param name="Unit">The unit of its boxes.</param>
internal sealed record DetectedLabels(ImmutableArray<string> Labels, ImmutableArray<double> Thresholds, ImageInput Input, BoxUnit Unit)
{
    public bool Counts(int label, float score) => (uint)label < (uint)Labels.Length && score >= Thresholds[label];

    /// <summary>A finding with its box in the picture, rounded outwards and cut at the picture's edges.</summary>
    public Finding Find(int label, float score, CanvasBox box, RgbImage image)
    {
        ImagePlacement placement = ImagePlacement.Of(Input, image.Width, image.Height);
        (double unitX, double unitY) = Unit == BoxUnit.Pixels ? (1, 1) : (Input.Width, Input.Height);
        double acrossScale = (double)image.Width / placement.Width;
        double downScale = (double)image.Height / placement.Height;
        int left = Lower(((box.Left * unitX) - placement.X) * acrossScale, image.Width);
        int top = Lower(((box.Top * unitY) - placement.Y) * downScale, image.Height);
        int right = Upper(((box.Right * unitX) - placement.X) * acrossScale, image.Width);
        int bottom = Upper(((box.Bottom * unitY) - placement.Y) * downScale, image.Height);
        return new Finding(Labels[label], Math.Clamp(score, 0, 1), new ImageBox(left, top, Math.Max(0, right - left), Math.Max(0, bottom - top)));
    }

    // A hundredth of a pixel is rounding, not extent.
    private static int Lower(double edge, int size) => (int)Math.Clamp(Math.Floor(edge + 0.01), 0, size);

    private static int Upper(double edge, int size) => (int)Math.Clamp(Math.Ceiling(edge - 0.01), 0, size);
}
