using System.Globalization;
using System.Text;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Writing;

/// <summary>A report's figures as a table of comma-separated values (RFC 4180, but for line ends), a line per figure; times come last.</summary>
internal static class CsvWriter
{
    private const string Header = "policy,kind,set,metric,value,low,high,standard_error,samples,error";

    public static string Write(EvaluationReport report)
    {
        StringBuilder text = new(Header);
        text.Append('\n');
        foreach (FigureRow row in report.Sets.Concat(report.Kinds).Concat(report.Times))
        {
            foreach ((string metric, Measurement figure) in row.Figures) text.Append(Line(row, metric, figure)).Append('\n');
        }
        return text.ToString();
    }

    private static string Line(FigureRow row, string metric, Measurement figure) => string.Join(
        ',',
        SafeText.Csv(row.Policy),
        row.Kind switch { PromptSetKind.Concept => "concept", PromptSetKind.Mixed => "mixed", PromptSetKind.Harmless => "harmless", _ => "all" },
        SafeText.Csv(row.Set ?? "*"),
        metric,
        Number(figure.Value),
        Number(figure.Interval?.Low),
        Number(figure.Interval?.High),
        Number(figure.StandardError),
        figure.Samples.ToString(CultureInfo.InvariantCulture),
        SafeText.Csv(figure.Error ?? ""));

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}
