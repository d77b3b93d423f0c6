using System.Globalization;
using System.Text;

namespace SafeDiffusion.ProtectionBench;

/// <summary>Three panels over the number of concepts: found, kept, and the cost of harmless prompts.</summary>
internal static class ConceptPlot
{
    private const double Left = 44, Top = 34, Width = 190, Height = 180, Gap = 62;

    private static readonly int[] _ticks = [1, 5, 10, 20, 50];

    private static readonly (string Policy, string Color, double Aside)[] _policies = [("erasure", "#d55e00", -4), ("redraw", "#009e73", 0), ("erasure+redraw", "#0072b2", 4)];

    public static string Write(IReadOnlyList<ConceptCount> counts, IReadOnlyList<ConceptCost> costs)
    {
        StringBuilder svg = new();
        double width = Left + 3 * Width + 2 * Gap + 16, height = Top + Height + 70;
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append("<title>Erasing, keeping and cost over the number of concepts in one policy</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
        Axes(svg, 0, "concept found", share => $"{100 * share:0} %");
        Axes(svg, 1, "harmless pairs identical", share => $"{100 * share:0} %");
        Axes(svg, 2, "cost of harmless prompts", share => string.Create(CultureInfo.InvariantCulture, $"{0.9 + 0.8 * share:0.0}×"));
        foreach ((string policy, string color, double aside) in _policies)
        {
            ConceptCount[] own = [.. counts.Where(count => count.Policy == policy)];
            if (own.Length == 0) continue;
            Line(svg, 0, color, aside, [.. own.Select(count => (count.Concepts, Sum(count.Alone, count.Beside)))]);
            Line(svg, 1, color, aside, [.. own.Select(count => (count.Concepts, count.Pair))]);
        }
        foreach ((string policy, string color, _) in _policies)
        {
            ConceptCost[] own = [.. costs.Where(cost => cost.Method == policy)];
            if (own.Length == 0) continue;
            Cost(svg, color, "", own, cost => cost.Time);
            Cost(svg, color, " stroke-dasharray=\"4\"", own, cost => cost.Rows);
        }
        Key(svg, counts);
        return svg.Append("</svg>\n").ToString();
    }

    private static Part Sum(Part one, Part other) => new(one.Count + other.Count, one.Of + other.Of);

    private static void Axes(StringBuilder svg, int panel, string title, Func<double, string> label)
    {
        double left = Start(panel);
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{left}\" y=\"{Top - 14}\" font-weight=\"bold\">{title}</text>\n");
        for (int tick = 0; tick <= 4; tick++)
        {
            double y = Y(tick / 4.0);
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{left} {y:0.#}H{left + Width}\" stroke=\"#e5e5e5\"/><text x=\"{left - 6}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{label(tick / 4.0)}</text>\n");
        }
        foreach (int tick in _ticks) svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(panel, tick):0.#}\" y=\"{Top + Height + 16}\" text-anchor=\"middle\">{tick}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{left} {Top}V{Top + Height}H{left + Width}\" fill=\"none\" stroke=\"#555\"/><text x=\"{left + Width / 2}\" y=\"{Top + Height + 32}\" text-anchor=\"middle\">concepts in the policy</text>\n");
    }

    private static void Line(StringBuilder svg, int panel, string color, double aside, IReadOnlyList<(int Concepts, Part Part)> points)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{color}\" points=\"{string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(panel, point.Concepts) + aside:0.#},{Y(point.Part.Share):0.#}")))}\"/>\n");
        foreach ((int concepts, Part part) in points)
        {
            double x = X(panel, concepts) + aside;
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x:0.#} {Y(part.Interval.Low):0.#}V{Y(part.Interval.High):0.#}\" stroke=\"{color}\" stroke-opacity=\"0.5\"/><circle cx=\"{x:0.#}\" cy=\"{Y(part.Share):0.#}\" r=\"3\" fill=\"{color}\"/>\n");
        }
    }

    private static void Cost(StringBuilder svg, string color, string dash, IReadOnlyList<ConceptCost> costs, Func<ConceptCost, double> of)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{color}\"{dash} points=\"{string.Join(' ', costs.Select(cost => string.Create(CultureInfo.InvariantCulture, $"{X(2, cost.Concepts):0.#},{Y((of(cost) - 0.9) / 0.8):0.#}")))}\"/>\n");
        foreach (ConceptCost cost in costs) svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(2, cost.Concepts):0.#}\" cy=\"{Y((of(cost) - 0.9) / 0.8):0.#}\" r=\"3\" fill=\"{color}\"/>\n");
    }

    private static void Key(StringBuilder svg, IReadOnlyList<ConceptCount> counts)
    {
        double x = Left, y = Top + Height + 54;
        foreach ((string name, string color) in _policies.Where(policy => counts.Any(count => count.Policy == policy.Policy)).Select(policy => (policy.Policy, policy.Color)))
        {
            svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{x + 4}\" cy=\"{y - 4}\" r=\"3\" fill=\"{color}\"/><text x=\"{x + 12}\" y=\"{y}\">{name}</text>\n");
            x += 30 + 7 * name.Length;
        }
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Start(2)}\" y=\"{y}\">solid: time; dashed: UNet rows</text>\n");
    }

    private static double Start(int panel) => Left + panel * (Width + Gap);

    private static double X(int panel, int concepts) => Start(panel) + 10 + (Width - 20) * Math.Log(concepts) / Math.Log(_ticks[^1]);

    private static double Y(double share) => Top + Height * (1 - Math.Clamp(share, 0, 1));
}
