using System.Globalization;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Training.Scales.Measuring;

/// <summary>The plot of predicted against labelled scale, as SVG.</summary>
internal static class ScalePlot
{
    private const double Left = 50, Top = 20, Side = 320, Spread = 10;
    private const string HeldOut = "#0072b2", Unseen = "#d55e00";

    /// <param name="heldOut">Labelled and predicted scale of pictures of held-out prompts: filled dots.</param>
    /// <param name="unseen">The same of concepts that were not learned from: rings.</param>
    /// <param name="largest">The largest scale of the axes.</param>
    public static string Write(IReadOnlyList<(float Labelled, float Predicted)> heldOut, IReadOnlyList<(float Labelled, float Predicted)> unseen, float largest)
    {
        SvgDrawing drawing = new(Left + Side + 30, Top + Side + 64, "Predicted against labelled scale");
        for (int tick = 0; tick <= 5; tick++) AddTick(drawing, largest * tick / 5, largest);
        drawing.Line([(Left, Top), (Left, Top + Side), (Left + Side, Top + Side)], "#555");
        drawing.Line([(Left, Top + Side), (Left + Side, Top)], "#999", isDashed: true);
        AddDots(drawing, unseen, largest, Unseen, areFilled: false);
        AddDots(drawing, heldOut, largest, HeldOut, areFilled: true);
        drawing.Text(Left + (Side / 2), Top + Side + 34, "labelled scale (dots are spread sideways)", "middle");
        drawing.Text(14, Top + (Side / 2), "predicted scale", "middle", isUpright: true);
        drawing.Dot(Left + 4, Top + Side + 50, HeldOut);
        drawing.Text(Left + 12, Top + Side + 54, "held-out prompts");
        drawing.Dot(Left + 144, Top + Side + 50, Unseen, isFilled: false);
        drawing.Text(Left + 152, Top + Side + 54, "concepts not learned from");
        return drawing.ToString();
    }

    private static void AddTick(SvgDrawing drawing, float value, float largest)
    {
        (double x, double y) = At(value, value, largest);
        string number = value.ToString("0.##", CultureInfo.InvariantCulture);
        drawing.Line([(x, Top), (x, Top + Side)], "#e5e5e5");
        drawing.Line([(Left, y), (Left + Side, y)], "#e5e5e5");
        drawing.Text(x, Top + Side + 16, number, "middle");
        drawing.Text(Left - 6, y + 4, number, "end");
    }

    private static void AddDots(SvgDrawing drawing, IReadOnlyList<(float Labelled, float Predicted)> dots, float largest, string color, bool areFilled)
    {
        for (int i = 0; i < dots.Count; i++)
        {
            (double x, double y) = At(dots[i].Labelled, Math.Clamp(dots[i].Predicted, 0, largest), largest);
            // Labels are few numbers: without a spread, dots would hide each other.
            double aside = Spread * (((i * 0.618) % 1) - 0.5);
            drawing.Dot(x + aside, y, color, areFilled, 0.6);
        }
    }

    private static (double X, double Y) At(float x, float y, float largest) => (Left + (Side * x / largest), Top + Side - (Side * y / largest));
}
