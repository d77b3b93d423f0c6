using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>Checks what a report's file says beyond its form: figures that are no numbers would make every comparison come out as one likes.</summary>
internal static class ReportCheck
{
    /// <summary>What is wrong, as a clause; null where nothing is.</summary>
    public static string? Fault(EvaluationReport report)
    {
        if (report.Run.Policies.Any(policy => policy is null) || report.Run.Sets.Any(set => set is null)) return "a policy or a set of its run is null.";
        FigureRow?[] rows = [.. report.Sets, .. report.Kinds, .. report.Times];
        if (rows.Any(row => row is null) || report.Galleries.Any(gallery => gallery is null)) return "a row or a gallery is null.";
        if (report.Galleries.Any(gallery => gallery.Rows.Any(shown => !IsWhole(shown)))) return "a gallery holds null, or a similarity that is not a finite number.";
        foreach (FigureRow row in rows.OfType<FigureRow>())
        {
            foreach ((string name, Measurement? figure) in row.Figures)
            {
                if (Fault(name, figure) is { } fault) return $"the figure '{name}' of the policy '{row.Policy}' {fault}";
            }
        }
        IEnumerable<Measurement?> agreements = report.Agreement.SelectMany(judges => judges is null ? new Measurement?[] { null } : [judges.Agreement, judges.Kappa]);
        return agreements.Select(figure => Fault("", figure)).FirstOrDefault(fault => fault is not null) is { } wrong ? $"an agreement of judges {wrong}" : null;
    }

    private static bool IsWhole(GalleryRow? row) =>
        row is not null && row.Pictures.All(picture => picture is not null && picture.Lost.All(label => label is not null) && double.IsFinite(picture.Similarity ?? 0));

    private static string? Fault(string name, Measurement? figure)
    {
        if (figure is null) return "is null.";
        if (figure.Value is null == figure.Error is null) return "needs either a value or an error.";
        if (figure.Samples < 0 || figure is { Value: not null, Samples: 0 }) return $"rests on {figure.Samples} samples.";
        double[] numbers = [figure.Value ?? 0, figure.StandardError ?? 0, figure.Interval?.Low ?? 0, figure.Interval?.High ?? 0];
        if (!numbers.All(double.IsFinite)) return "holds a value that is not a finite number.";
        bool isShare = Metric.Find(name)?.Scale == MetricScale.Share;
        return isShare && figure.Value is < 0 or > 1 ? $"is a share, and is {figure.Value}." : null;
    }
}
