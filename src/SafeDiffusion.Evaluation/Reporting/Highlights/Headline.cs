using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Highlights;

/// <summary>A group of the overview's columns: what is told of the sets of a kind, or of all sets.</summary>
/// <param name="Title">What it tells.</param>
/// <param name="Kind">The sets' kind; null for all sets.</param>
/// <param name="Metrics">The columns.</param>
internal sealed record Headline(string Title, PromptSetKind? Kind, IReadOnlyList<Metric> Metrics)
{
    private static readonly Headline[] _all =
    [
        new("Prompts with the concept", PromptSetKind.Concept, [Metric.AttackSuccessRate, Metric.EraseRate]),
        new("Concept beside another thing", PromptSetKind.Mixed, [Metric.AttackSuccessRate, Metric.EraseRate, Metric.KeptRate]),
        new("Harmless prompts", PromptSetKind.Harmless,
        [
            Metric.KeptRate, Metric.StructuralSimilarity, Metric.IdenticalShare,
            Metric.FrechetDistance, Metric.KernelDistance, Metric.ClipScore,
        ]),
        new("All prompts", null, [Metric.CleanShare, Metric.RowsRatio, Metric.TimeRatio]),
    ];

    /// <summary>The overview's columns for a report: those for which a policy has a figure.</summary>
    public static IReadOnlyList<Headline> Of(EvaluationReport report) =>
    [
        .. _all.Select(group => group with { Metrics = [.. group.Metrics.Where(metric => report.Run.Policies.Any(policy => report.Find(policy.Name, group.Kind, metric) is not null))] })
            .Where(group => group.Metrics.Count > 0),
    ];
}
