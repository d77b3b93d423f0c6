using System.Globalization;
using System.Text;

namespace SafeDiffusion.FineTuning.Training;

/// <summary>Draws a run's losses.</summary>
public static class LossCurve
{
    private const int Width = 640;
    private const int Height = 240;
    private const int Margin = 40;

    /// <summary>The erasing and the preserving loss by update, each on a scale of its own from 0, as an SVG.</summary>
    public static string Write(IReadOnlyList<FineTuningProgress> updates)
    {
        ArgumentNullException.ThrowIfNull(updates);
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{Height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/>\n");
        Add(svg, [.. updates.Select(update => update.Erase)], "#c0392b", "erase", 16);
        Add(svg, [.. updates.Select(update => update.Preserve)], "#2980b9", "preserve", 32);
        return svg.Append("</svg>\n").ToString();
    }

    private static void Add(StringBuilder svg, double[] values, string color, string name, int line)
    {
        double largest = values.Length == 0 ? 0 : values.Max();
        IEnumerable<string> points = values.Select((value, index) => string.Create(CultureInfo.InvariantCulture,
            $"{Margin + (double)index / Math.Max(1, values.Length - 1) * (Width - 2 * Margin):0.#},{Height - Margin - (largest > 0 ? value / largest : 0) * (Height - 2 * Margin):0.#}"));
        svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{color}\" points=\"{string.Join(' ', points)}\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Margin}\" y=\"{line}\" fill=\"{color}\">{name}, up to {largest:g3}</text>\n");
    }
}
