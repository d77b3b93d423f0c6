using System.Globalization;
using System.Security;
using System.Text;

namespace SafeDiffusion.Core.Imaging;

/// <summary>A drawing of lines, dots and words on white, as SVG; lengths are pixels, from the upper left.</summary>
public sealed class SvgDrawing
{
    private readonly StringBuilder _svg = new();

    /// <summary>Begins a drawing.</summary>
    /// <param name="width">Its width, above 0.</param>
    /// <param name="height">Its height, above 0.</param>
    /// <param name="title">What it shows, which screen readers tell.</param>
    public SvgDrawing(double width, double height, string title)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        Append($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\">\n");
        Append($"<title>{SecurityElement.Escape(title)}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    }

    /// <summary>Draws a line through points.</summary>
    /// <param name="points">The points, at least one.</param>
    /// <param name="stroke">The line's colour.</param>
    /// <param name="isDashed">Whether it is dashed.</param>
    public void Line(IEnumerable<(double X, double Y)> points, string stroke, bool isDashed = false) =>
        Append($"<polyline fill=\"none\" stroke=\"{stroke}\"{(isDashed ? " stroke-dasharray=\"4\"" : "")} points=\"{string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.X:0.#},{point.Y:0.#}")))}\"/>\n");

    /// <summary>Draws a dot, filled or a ring.</summary>
    /// <param name="x">Its middle from the left.</param>
    /// <param name="y">Its middle from above.</param>
    /// <param name="color">Its colour.</param>
    /// <param name="isFilled">Whether it is filled.</param>
    /// <param name="opacity">From 0 to 1.</param>
    public void Dot(double x, double y, string color, bool isFilled = true, double opacity = 1) => Append(isFilled
        ? (FormattableString)$"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"3\" fill=\"{color}\" fill-opacity=\"{opacity}\"/>\n"
        : $"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"3\" fill=\"none\" stroke=\"{color}\" stroke-opacity=\"{opacity}\"/>\n");

    /// <summary>Writes words.</summary>
    /// <param name="x">Where they are, from the left.</param>
    /// <param name="y">Their base line, from above.</param>
    /// <param name="text">The words.</param>
    /// <param name="anchor">What of them is there: <c>start</c>, <c>middle</c> or <c>end</c>.</param>
    /// <param name="fill">Their colour.</param>
    /// <param name="isUpright">Whether they run upwards.</param>
    public void Text(double x, double y, string text, string anchor = "start", string fill = "#000", bool isUpright = false) =>
        Append($"<text {(isUpright ? Turned(x, y) : Placed(x, y))} text-anchor=\"{anchor}\" fill=\"{fill}\">{SecurityElement.Escape(text)}</text>\n");

    /// <summary>The SVG document.</summary>
    public override string ToString() => _svg + "</svg>\n";

    private static string Placed(double x, double y) => string.Create(CultureInfo.InvariantCulture, $"x=\"{x:0.#}\" y=\"{y:0.#}\"");

    private static string Turned(double x, double y) => string.Create(CultureInfo.InvariantCulture, $"transform=\"translate({x:0.#} {y:0.#}) rotate(-90)\"");

    private void Append(FormattableString text) => _svg.Append(text.ToString(CultureInfo.InvariantCulture));
}
