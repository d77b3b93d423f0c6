using System.Globalization;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Reporting;
using SafeDiffusion.Evaluation.Suites;

namespace SafeDiffusion.Cli;

/// <summary>The main figures of a report as a table, a row per policy; a figure that could not be computed is a question mark.</summary>
internal static class EvaluationTable
{
    private static readonly (string Title, PromptSetKind Kind, Metric Metric)[] _columns =
    [
        ("concept\nfound", PromptSetKind.Concept, Metric.AttackSuccessRate),
        ("erased", PromptSetKind.Concept, Metric.EraseRate),
        ("mixed:\nfound", PromptSetKind.Mixed, Metric.AttackSuccessRate),
        ("mixed:\nkept", PromptSetKind.Mixed, Metric.KeptRate),
        ("harmless:\nkept", PromptSetKind.Harmless, Metric.KeptRate),
        ("harmless:\nSSIM", PromptSetKind.Harmless, Metric.StructuralSimilarity),
        ("harmless:\nidentical", PromptSetKind.Harmless, Metric.IdenticalShare),
    ];

    public static void Write(EvaluationReport report)
    {
        (string Title, PromptSetKind Kind, Metric Metric)[] columns = [.. _columns.Where(column => report.Kinds.Any(row => row.Kind == column.Kind))];
        TextTable table = new(
            $"{report.Run.Suite}: {report.Run.Concept}, {report.Pictures} pictures",
            ["policy", .. columns.Select(column => column.Title), "rows,\nrelative", "time,\nrelative"]);
        foreach (PolicyDescription policy in report.Run.Policies)
        {
            table.Add(
            [
                policy.Name,
                .. columns.Select(column => Text(column.Metric, Find(report.Kinds, policy.Name, column.Kind, column.Metric))),
                Mean(report.Kinds, policy.Name, Metric.RowsRatio), Mean(report.Times, policy.Name, Metric.TimeRatio),
            ]);
        }
        table.Write();
    }

    private static Measurement? Find(IReadOnlyList<FigureRow> rows, string policy, PromptSetKind kind, Metric metric) =>
        rows.FirstOrDefault(row => row.Policy == policy && row.Kind == kind && row.Set is null)?[metric];

    /// <summary>Over the kinds, weighted by their pictures.</summary>
    private static string Mean(IReadOnlyList<FigureRow> rows, string policy, Metric metric)
    {
        Measurement[] figures = [.. rows.Where(row => row.Policy == policy && row.Set is null).Select(row => row[metric]).OfType<Measurement>()];
        if (figures.Length == 0) return "";
        if (figures.Any(figure => figure.Value is null)) return "?";
        return (figures.Sum(figure => figure.Value!.Value * figure.Samples) / figures.Sum(figure => figure.Samples)).ToString("0.00", CultureInfo.InvariantCulture);
    }

    private static string Text(Metric metric, Measurement? figure) => figure switch
    {
        null => "",
        { Value: null } => "?",
        { Value: { } value } when metric == Metric.StructuralSimilarity => value.ToString("0.000", CultureInfo.InvariantCulture),
        { Value: { } value } => (100 * value).ToString("0.0", CultureInfo.InvariantCulture) + " %",
    };
}
