using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;

namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>The plot of cost: a bar of UNet rows per policy, and a mark of time with its interval.</summary>
internal static class CostPlot
{
    private const double Left = 190, Right = 540, Top = 30, RowHeight = 26;
    private const int NameLength = 22;

    public static bool IsPossible(EvaluationReport report) => Costs(report).Length > 0;

    public static Markup Write(EvaluationReport report)
    {
        Cost[] costs = Costs(report);
        if (costs.Length == 0) return Markup.Empty;
        PlotScale x = PlotScale.FromZero(costs.Max(cost => Math.Max(cost.Rows, cost.Time?.Interval?.High ?? cost.Time?.Value ?? 0)), Left, Right, Metric.TimeRatio.Form);
        double bottom = Top + RowHeight * costs.Length;
        return Markup.Of($"""
            <section aria-labelledby="plot-cost">
            <h3 id="plot-cost">Cost, relative to undefended</h3>
            <p class="note">Bars: UNet rows evaluated. Diamonds: denoising time.</p>
            <div class="scroll" role="region" aria-label="Plot of cost" tabindex="0">
            <svg viewBox="0 0 560 {bottom + 26}" role="img" aria-labelledby="cost-title cost-text"><title id="cost-title">UNet rows and denoising time per policy, relative to undefended</title>
            <desc id="cost-text">{string.Join("; ", costs.Select(Describe))}</desc>
            {Markup.Join(x.Ticks.Select(tick => Markup.Of($"<line class=\"grid\" x1=\"{x[tick]}\" x2=\"{x[tick]}\" y1=\"{Top - 8}\" y2=\"{bottom}\"/><text class=\"muted\" x=\"{x[tick]}\" y=\"{bottom + 18}\" text-anchor=\"middle\">{x.Text(tick)}</text>\n")))}
            {Markup.Join(costs.Select((cost, place) => Row(cost, x, Top + RowHeight * place)))}
            <line class="axis" x1="{x[1]}" x2="{x[1]}" y1="{Top - 8}" y2="{bottom}"/><text class="muted" x="{x[1]}" y="{Top - 14}" text-anchor="middle">undefended</text>
            </svg></div>
            </section>
            """);
    }

    private static Cost[] Costs(EvaluationReport report) =>
    [
        .. from place in Enumerable.Range(0, report.Run.Policies.Count)
           let policy = report.Run.Policies[place].Name
           let rows = report.Find(policy, null, Metric.RowsRatio)?.Value
           where rows is not null
           let time = report.Find(policy, null, Metric.TimeRatio)
           select new Cost(place + 1, policy, rows.Value, time?.Value is null ? null : time),
    ];

    private static Markup Row(Cost cost, PlotScale x, double y)
    {
        double middle = y + RowHeight / 2 - 4;
        return Markup.Of($"<text x=\"{Left - 10}\" y=\"{middle + 4.5}\" text-anchor=\"end\"><tspan class=\"muted\">{cost.Number} </tspan>{SafeText.Short(cost.Policy, NameLength)}</text><rect class=\"bar\" x=\"{Left}\" y=\"{middle - 7}\" width=\"{x[cost.Rows] - Left}\" height=\"14\" rx=\"2\"/>{Time(cost, x, middle)}\n");
    }

    private static Markup Time(Cost cost, PlotScale x, double y)
    {
        if (cost.Time is not { Value: { } value } time) return Markup.Empty;
        Interval range = time.Interval ?? new(value, value);
        double at = x[value];
        return Markup.Of($"<line class=\"time-line\" x1=\"{x[range.Low]}\" x2=\"{x[range.High]}\" y1=\"{y}\" y2=\"{y}\"/><path class=\"time\" d=\"M{at - 5} {y}L{at} {y - 5}L{at + 5} {y}L{at} {y + 5}Z\"/>");
    }

    private static string Describe(Cost cost)
    {
        string time = cost.Time is null ? "" : $", time {Metric.TimeRatio.Form.Value(cost.Time.Value!.Value)}";
        return $"{cost.Policy}: rows {Metric.RowsRatio.Form.Value(cost.Rows)}{time}";
    }

    private sealed record Cost(int Number, string Policy, double Rows, Measurement? Time);
}
