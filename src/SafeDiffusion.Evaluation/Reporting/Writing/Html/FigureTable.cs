using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>A column of figures.</summary>
/// <param name="Metric">What it shows.</param>
/// <param name="Group">The group of columns that it is in; empty for none.</param>
/// <param name="Of">A policy's figure; null where it has none.</param>
internal sealed record FigureColumn(Metric Metric, string Group, Func<string, Measurement?> Of);

/// <summary>A table with a row per policy; reasons of figures that could not be computed stand below.</summary>
internal static class FigureTable
{
    public static Markup Write(EvaluationReport report, string label, IReadOnlyList<FigureColumn> columns)
    {
        List<string> reasons = [];
        Markup body = Markup.Join(report.Run.Policies.Select((policy, place) => Row(report, place, columns, reasons)));
        return Markup.Of($"""
            <div class="scroll" role="region" aria-label="{label}" tabindex="0"><table>
            <thead>{Groups(columns)}<tr><th scope="col" class="policy">Policy</th>{Markup.Join(columns.Select((column, place) => Markup.Of($"<th scope=\"col\"{First(columns, place)}>{column.Metric.Title}</th>")))}</tr></thead>
            <tbody>
            {body}</tbody>
            </table></div>
            {Reasons(reasons)}
            """);
    }

    /// <summary>A cell outside of such a table.</summary>
    public static Markup Plain(FigureForm form, Measurement figure) =>
        figure.Error is { } error ? Markup.Of($"<td class=\"error\">{error}</td>") : Markup.Of($"<td>{Value(form, figure)}</td>");

    private static Markup Groups(IReadOnlyList<FigureColumn> columns)
    {
        var groups = columns.GroupBy(column => column.Group).Select(group => (group.Key, Count: group.Count())).ToArray();
        if (groups.Length < 2) return Markup.Empty;
        return Markup.Of($"<tr><td></td>{Markup.Join(groups.Select(group => Markup.Of($"<th scope=\"colgroup\" class=\"group first\" colspan=\"{group.Count}\">{group.Key}</th>")))}</tr>");
    }

    private static Markup Row(EvaluationReport report, int place, IReadOnlyList<FigureColumn> columns, List<string> reasons)
    {
        PolicyDescription policy = report.Run.Policies[place];
        Markup cells = Markup.Join(columns.Select((column, index) => Cell(report, column, policy.Name, First(columns, index), reasons)));
        Markup undefended = Markup.Own(policy.Name == report.Run.Undefended ? " class=\"undefended\"" : "");
        return Markup.Of($"<tr{undefended}><th scope=\"row\"><span class=\"number\">{place + 1}</span><bdi>{policy.Name}</bdi></th>{cells}</tr>\n");
    }

    private static Markup Cell(EvaluationReport report, FigureColumn column, string policy, Markup first, List<string> reasons)
    {
        Measurement? figure = column.Of(policy);
        bool isFirst = first != Markup.Empty;
        if (figure is null) return Markup.Of($"<td class=\"none{Markup.Own(isFirst ? " first" : "")}\">–</td>");
        if (figure.Error is { } error)
        {
            if (!reasons.Contains(error)) reasons.Add(error);
            return Markup.Of($"<td class=\"error{Markup.Own(isFirst ? " first" : "")}\">not computed <sup>{reasons.IndexOf(error) + 1}</sup></td>");
        }
        Markup best = Markup.Own(IsBest(report, column, policy, figure) ? "best" : "");
        return Markup.Of($"<td class=\"{best}{Markup.Own(isFirst ? " first" : "")}\">{Value(column.Metric.Form, figure)}</td>");
    }

    private static Markup Value(FigureForm form, Measurement figure)
    {
        string interval = form.Interval(figure.Interval);
        string below = interval.Length == 0 && figure.Samples == 1 ? "one picture" : interval;
        return Markup.Of($"<span class=\"value\">{form.Value(figure.Value!.Value)}</span><span class=\"interval\">{below}</span>");
    }

    /// <summary>Whether no protection has a better value, and one has a worse.</summary>
    private static bool IsBest(EvaluationReport report, FigureColumn column, string policy, Measurement figure)
    {
        if (policy == report.Run.Undefended || column.Metric.Scale == MetricScale.Time) return false;
        double[] values =
        [
            .. report.Run.Policies.Where(other => other.Name != report.Run.Undefended).Select(other => column.Of(other.Name)?.Value).OfType<double>(),
        ];
        bool higher = column.Metric.Better == BetterValue.Higher;
        return values.Min() < values.Max() && figure.Value == (higher ? values.Max() : values.Min());
    }

    private static Markup First(IReadOnlyList<FigureColumn> columns, int place) =>
        columns[place].Group.Length > 0 && (place == 0 || columns[place - 1].Group != columns[place].Group) ? Markup.Own(" class=\"first\"") : Markup.Empty;

    private static Markup Reasons(List<string> reasons) => reasons.Count == 0 ? Markup.Empty : Markup.Of($"""
        <ul class="plain note">{Markup.Join(reasons.Select((reason, place) => Markup.Of($"<li>Not computed <sup>{place + 1}</sup>: {reason}.</li>\n")))}</ul>
        """);
}
