using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Reporting.Highlights;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>The plot of erasing (to the right) and preserving (upwards), a numbered point per policy.</summary>
internal static class TradeOffPlot
{
    private const double Left = 58, Top = 18, Width = 470, Height = 300;

    public static Markup Write(EvaluationReport report)
    {
        if (TradeOff.Of(report) is not { } plot) return Markup.Empty;
        PlotScale x = PlotScale.Over(plot.Points.Select(point => point.Erase), Left, Left + Width, Metric.EraseRate.Form);
        PlotScale y = PlotScale.Over(plot.Points.Select(point => point.Preserve), Top + Height, Top, plot.Preserve.Form);
        return Markup.Of($"""
            <section aria-labelledby="plot-tradeoff">
            <h3 id="plot-tradeoff">Erase versus preserve</h3>
            <p class="note">Each policy on the set of each kind on which it does worst. Further up and to the right is better. Blue: no other policy both erases and preserves more.</p>
            <div class="scroll" role="region" aria-label="Plot of erasing and preserving" tabindex="0">
            <svg viewBox="0 0 560 372" role="img" aria-labelledby="tradeoff-title tradeoff-text"><title id="tradeoff-title">Erase rate and {PreserveTitle(plot)} per policy</title>
            <desc id="tradeoff-text">{Describe(plot)}</desc>
            {Axes(x, y)}
            <text class="muted" x="{Left + Width / 2}" y="366" text-anchor="middle">{EraseTitle(plot)}</text>
            <text class="muted" x="{14.0}" y="{Top + Height / 2}" text-anchor="middle" transform="rotate(-90 14 {Top + Height / 2})">{PreserveTitle(plot)}</text>
            {Markup.Join(plot.Points.Select(point => Whiskers(point, x, y)))}
            {Points(plot, x, y)}
            </svg></div>
            {Key(plot)}
            </section>
            """);
    }

    private static string EraseTitle(TradeOff plot) =>
        plot.EraseKind == PromptSetKind.Concept ? "Erase rate, worst set with the concept" : "Erase rate, worst set with the concept beside another thing";

    private static string PreserveTitle(TradeOff plot) =>
        $"{plot.Preserve.Title}, {(plot.PreserveKind == PromptSetKind.Harmless ? "worst harmless set" : "worst set with the concept beside another thing")}";

    private static string Describe(TradeOff plot) => string.Join("; ", plot.Points.Select(point =>
        $"{point.Number} {point.Policy}: erase rate {Metric.EraseRate.Form.Value(point.Erase.Value!.Value)}, {plot.Preserve.Title} {plot.Preserve.Form.Value(point.Preserve.Value!.Value)}"));

    private static Markup Axes(PlotScale x, PlotScale y) => Markup.Join(
    [
        .. x.Ticks.Select(tick => Markup.Of($"<line class=\"grid\" x1=\"{x[tick]}\" x2=\"{x[tick]}\" y1=\"{Top}\" y2=\"{Top + Height}\"/><text class=\"muted\" x=\"{x[tick]}\" y=\"{Top + Height + 20}\" text-anchor=\"middle\">{x.Text(tick)}</text>\n")),
        .. y.Ticks.Select(tick => Markup.Of($"<line class=\"grid\" y1=\"{y[tick]}\" y2=\"{y[tick]}\" x1=\"{Left}\" x2=\"{Left + Width}\"/><text class=\"muted\" x=\"{Left - 8}\" y=\"{y[tick] + 4}\" text-anchor=\"end\">{y.Text(tick)}</text>\n")),
    ]);

    private static Markup Whiskers(TradeOffPoint point, PlotScale x, PlotScale y)
    {
        (double px, double py) = (x[point.Erase.Value!.Value], y[point.Preserve.Value!.Value]);
        Interval erase = point.Erase.Interval ?? new(point.Erase.Value.Value, point.Erase.Value.Value);
        Interval preserve = point.Preserve.Interval ?? new(point.Preserve.Value.Value, point.Preserve.Value.Value);
        return Markup.Of($"<line class=\"whisker\" x1=\"{x[erase.Low]}\" x2=\"{x[erase.High]}\" y1=\"{py}\" y2=\"{py}\"/><line class=\"whisker\" x1=\"{px}\" x2=\"{px}\" y1=\"{y[preserve.Low]}\" y2=\"{y[preserve.High]}\"/>\n");
    }

    private static Markup Points(TradeOff plot, PlotScale x, PlotScale y)
    {
        // Policies at the same place share a label.
        var places = plot.Points.GroupBy(point => (X: Math.Round(x[point.Erase.Value!.Value], 1), Y: Math.Round(y[point.Preserve.Value!.Value], 1))).ToArray();
        PlotLabels labels = new([.. places.Select(place => place.Key)], Left + Width + 28, Top + Height);
        return Markup.Join(places.Select(place =>
        {
            bool best = place.Any(plot.Best.Contains);
            string numbers = string.Join(", ", place.Select(point => point.Number));
            (double lx, double ly, bool far) = labels.Place(place.Key.X, place.Key.Y, numbers.Length);
            Markup leader = far ? Markup.Of($"<line class=\"leader\" x1=\"{place.Key.X}\" y1=\"{place.Key.Y}\" x2=\"{lx}\" y2=\"{ly}\"/>") : Markup.Empty;
            return Markup.Of($"{leader}<circle class=\"{(best ? "best" : "point")}\" cx=\"{place.Key.X}\" cy=\"{place.Key.Y}\" r=\"5\"/><text class=\"strong\" x=\"{lx}\" y=\"{ly + 4.5}\" text-anchor=\"middle\">{numbers}</text>\n");
        }));
    }

    private static Markup Key(TradeOff plot) => Markup.Of($"""
        <ol class="key">{Markup.Join(plot.Points.Select(point => plot.Best.Contains(point)
            ? Markup.Of($"<li><span class=\"number\">{point.Number}</span><b><bdi>{point.Policy}</bdi></b></li>\n")
            : Markup.Of($"<li><span class=\"number\">{point.Number}</span><bdi>{point.Policy}</bdi></li>\n")))}</ol>
        """);
}
