using System.Globalization;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.FineTuning.Training;

/// <summary>Draws a run's losses.</summary>
public static class LossCurve
{
    private const int Width = 640;
    private const int Height = 280;
    private const int Left = 20;
    private const int Top = 64;
    private const int Bottom = 30;

    /// <summary>Each loss by update, on a scale of its own from 0, as an SVG: erasing, preserving, and retaining where texts are retained.</summary>
    public static string Write(IReadOnlyList<FineTuningProgress> updates)
    {
        ArgumentNullException.ThrowIfNull(updates);
        SvgDrawing drawing = new(Width, Height, "Losses by update");
        drawing.Line([(Left, Top), (Left, Height - Bottom), (Width - Left, Height - Bottom)], "#555");
        drawing.Text(Width - Left, Height - Bottom + 18, string.Create(CultureInfo.InvariantCulture, $"update {(updates.Count == 0 ? 0 : updates[^1].Update)}"), "end");
        Add(drawing, [.. updates.Select(update => update.Erase)], "#d55e00", "erase", 16);
        Add(drawing, [.. updates.Select(update => update.Preserve)], "#0072b2", "preserve", 32);
        if (updates.Any(update => update.Retain is not null)) Add(drawing, [.. updates.Select(update => update.Retain ?? 0)], "#009e73", "retain", 48);
        return drawing.ToString();
    }

    private static void Add(SvgDrawing drawing, double[] values, string color, string name, int line)
    {
        double largest = values.Length == 0 ? 0 : values.Max();
        drawing.Line(values.Select((value, index) => (
            Left + (double)index / Math.Max(1, values.Length - 1) * (Width - 2 * Left),
            Height - Bottom - (largest > 0 ? value / largest : 0) * (Height - Top - Bottom))), color);
        drawing.Text(Left, line, string.Create(CultureInfo.InvariantCulture, $"{name}, up to {largest:g3}"), fill: color);
    }
}
