using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Reporting;
using SafeDiffusion.Evaluation.Reporting.Highlights;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Cli.Output;

/// <summary>The overview of a report as a table, a row per policy; a figure that could not be computed is a question mark.</summary>
internal static class EvaluationTable
{
    public static void Write(EvaluationReport report)
    {
        (string? Set, Metric Metric)[] columns = [.. Headline.Of(report).SelectMany(group => group.Metrics.Select(metric => (group.Set, metric)))];
        TextTable table = new(
            $"{report.Run.Suite}: {report.Run.Concept}, {report.Pictures} pictures", ["policy", .. columns.Select(column => Title(column.Set, column.Metric))]);
        foreach (PolicyDescription policy in report.Run.Policies)
        {
            table.Add([policy.Name, .. columns.Select(column => Text(column.Metric, report.Find(policy.Name, column.Set, column.Metric)))]);
        }
        table.Write();
    }

    /// <summary>A word a line: the columns are narrow.</summary>
    private static string Title(string? set, Metric metric)
    {
        string title = metric.Title.Replace(' ', '\n');
        return set is null ? title : $"{set.Replace(' ', '\n')}:\n{title}";
    }

    private static string Text(Metric metric, Measurement? figure) => figure switch
    {
        null => "",
        { Value: { } value } => metric.Form.Value(value),
        _ => "?",
    };
}
