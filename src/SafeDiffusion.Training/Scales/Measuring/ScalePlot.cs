using System.Globalization;
using System.Text;

namespace SafeDiffusion.Training.Scales.Measuring;

/// <summary>The plot of predicted against labelled scale, as SVG.</summary>
internal static class ScalePlot
{
    private const double Left = 50, Top = 20, Side = 320, Spread = 10;

    /// <param name="heldOut">Labelled and predicted scale of pictures of held-out prompts: filled dots.</param>
    /// <param name="unseen">The same of concepts that were not learned from: rings.</param>
    /// <param name="largest">The largest scale of the axes.</param>
    public static string Write(IReadOnlyList<(float Labelled, float Predicted)> heldOut, IReadOnlyList<(float Labelled, float Predicted)> unseen, float largest)
    {
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Left + Side + 30} {Top + Side + 64}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append("<title>Predicted against labelled scale</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
        for (int tick = 0; tick <= 5; tick++) AppendTick(svg, largest * tick / 5, largest);
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {Top}V{Top + Side}H{Left + Side}\" fill=\"none\" stroke=\"#555\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {Top + Side}L{Left + Side} {Top}\" stroke=\"#999\" stroke-dasharray=\"4\"/>\n");
        AppendDots(svg, unseen, largest, "fill=\"none\" stroke=\"#d55e00\" stroke-opacity=\"0.6\"");
        AppendDots(svg, heldOut, largest, "fill=\"#0072b2\" fill-opacity=\"0.6\"");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left + (Side / 2)}\" y=\"{Top + Side + 34}\" text-anchor=\"middle\">labelled scale (dots are spread sideways)</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text transform=\"translate(14 {Top + (Side / 2)}) rotate(-90)\" text-anchor=\"middle\">predicted scale</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{Left + 4}\" cy=\"{Top + Side + 50}\" r=\"3\" fill=\"#0072b2\"/><text x=\"{Left + 12}\" y=\"{Top + Side + 54}\">held-out prompts</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{Left + 144}\" cy=\"{Top + Side + 50}\" r=\"3\" fill=\"none\" stroke=\"#d55e00\"/><text x=\"{Left + 152}\" y=\"{Top + Side + 54}\">concepts not learned from</text>\n");
        return svg.Append("</svg>\n").ToString();
    }

    private static void AppendTick(StringBuilder svg, float value, float largest)
    {
        (double x, double y) = At(value, value, largest);
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x:0.#} {Top}V{Top + Side}M{Left} {y:0.#}H{Left + Side}\" stroke=\"#e5e5e5\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.#}\" y=\"{Top + Side + 16}\" text-anchor=\"middle\">{value:0.##}</text><text x=\"{Left - 6}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{value:0.##}</text>\n");
    }

    private static void AppendDots(StringBuilder svg, IReadOnlyList<(float Labelled, float Predicted)> dots, float largest, string style)
    {
        for (int i = 0; i < dots.Count; i++)
        {
            (double x, double y) = At(dots[i].Labelled, Math.Clamp(dots[i].Predicted, 0, largest), largest);
            // Labels are few numbers: without a spread, dots would hide each other.
            double aside = Spread * (((i * 0.618) % 1) - 0.5);
            svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{x + aside:0.#}\" cy=\"{y:0.#}\" r=\"3\" {style}/>\n");
        }
    }

    private static (double X, double Y) At(float x, float y, float largest) => (Left + (Side * x / largest), Top + Side - (Side * y / largest));
}
