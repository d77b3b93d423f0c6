using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Highlights;

/// <summary>A group of the overview's columns: what is told of the sets of a kind, or of all sets.</summary>
/// <param name="Title">What it tells.</param>
/// <param name="Kind">The sets' kind; null for all sets.</param>
/// <param name="Metrics">The columns.</param>
public sealed record Headline(string Title, PromptSetKind? Kind, IReadOnlyList<Metric> Metrics)
{
    private static readonly (string Title, PromptSetKind? Kind)[] _groups =
    [
        ("Prompts with the concept", PromptSetKind.Concept),
        ("Concept beside another thing", PromptSetKind.Mixed),
        ("Harmless prompts", PromptSetKind.Harmless),
        ("All prompts", null),
    ];

    /// <summary>The overview's columns for a report: those for which a policy has a figure.</summary>
    public static IReadOnlyList<Headline> Of(EvaluationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return
        [
            .. _groups.Select(group => new Headline(group.Title, group.Kind, [.. Metric.All.Where(metric => IsTold(report, metric, group.Kind))]))
                .Where(group => group.Metrics.Count > 0),
        ];
    }

    private static bool IsTold(EvaluationReport report, Metric metric, PromptSetKind? kind) =>
        metric.Overview.Contains(kind) && report.Run.Policies.Any(policy => report.Find(policy.Name, kind, metric) is not null);
}
