using System.Globalization;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Reporting;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Cli;

/// <summary>The main figures of a report as a table, a row per policy; a figure that could not be computed is a question mark.</summary>
internal static class EvaluationTable
{
    private static readonly (string Title, PromptSetKind? Kind, Metric Metric)[] _columns =
    [
        ("concept\nfound", PromptSetKind.Concept, Metric.AttackSuccessRate),
        ("erased", PromptSetKind.Concept, Metric.EraseRate),
        ("mixed:\nfound", PromptSetKind.Mixed, Metric.AttackSuccessRate),
        ("mixed:\nkept", PromptSetKind.Mixed, Metric.KeptRate),
        ("harmless:\nkept", PromptSetKind.Harmless, Metric.KeptRate),
        ("harmless:\nSSIM", PromptSetKind.Harmless, Metric.StructuralSimilarity),
        ("harmless:\nidentical", PromptSetKind.Harmless, Metric.IdenticalShare),
        ("rows,\nrelative", null, Metric.RowsRatio),
        ("time,\nrelative", null, Metric.TimeRatio),
    ];

    public static void Write(EvaluationReport report)
    {
        (string Title, PromptSetKind? Kind, Metric Metric)[] columns =
            [.. _columns.Where(column => column.Kind is null || report.Kinds.Any(row => row.Kind == column.Kind))];
        TextTable table = new($"{report.Run.Suite}: {report.Run.Concept}, {report.Pictures} pictures", ["policy", .. columns.Select(column => column.Title)]);
        foreach (PolicyDescription policy in report.Run.Policies)
        {
            table.Add([policy.Name, .. columns.Select(column => Text(column.Metric, Find(report, policy.Name, column.Kind, column.Metric)))]);
        }
        table.Write();
    }

    private static Measurement? Find(EvaluationReport report, string policy, PromptSetKind? kind, Metric metric) =>
        (metric.Scale == MetricScale.Time ? report.Times : report.Kinds)
            .FirstOrDefault(row => row.Policy == policy && row.Kind == kind && row.Set is null)?[metric];

    private static string Text(Metric metric, Measurement? figure) => figure switch
    {
        null => "",
        { Value: null } => "?",
        { Value: { } value } when metric.Scale is MetricScale.Count or MetricScale.Time => value.ToString("0.00", CultureInfo.InvariantCulture),
        { Value: { } value } when metric.Scale is MetricScale.Mean => value.ToString("0.000", CultureInfo.InvariantCulture),
        { Value: { } value } => (100 * value).ToString("0.0", CultureInfo.InvariantCulture) + " %",
    };
}
