using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;

namespace SafeDiffusion.Evaluation.Reporting.Comparing;

/// <summary>A figure of the earlier report and what became of it.</summary>
internal sealed record FigurePair(string Policy, string Set, Metric Metric, Measurement Before, Measurement? Now)
{
    /// <summary>All figures that the earlier report could compute, times excepted, of policies and sets that both runs have.</summary>
    public static FigurePair[] Of(EvaluationReport report, EvaluationReport earlier) =>
    [
        .. from before in earlier.Sets
           where report.Run.Policies.Any(policy => policy.Name == before.Policy) && report.Run.Sets.Any(set => set.Name == before.Set)
           let now = report.Sets.FirstOrDefault(row => row.Policy == before.Policy && row.Set == before.Set)
           from metric in Metric.All
           where metric.Scale != MetricScale.Time && IsComparable(report, earlier, metric) && before[metric]?.Value is not null
           select new FigurePair(before.Policy, before.Set!, metric, before[metric]!, now?[metric]),
    ];

    /// <summary>Whether the metric is still asked for, and rests on the same network.</summary>
    private static bool IsComparable(EvaluationReport report, EvaluationReport earlier, Metric metric) =>
        (report.Run.Metrics.Count == 0 || report.Run.Metrics.Contains(metric.Name)) && report.NetworkOf(metric) == earlier.NetworkOf(metric);
}
