using System.Globalization;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Highlights;

/// <summary>A group of the overview's columns: what is told of a prompt set, or of all sets.</summary>
/// <param name="Title">What it tells, with the number of pictures.</param>
/// <param name="Set">The set's name; null for all sets.</param>
/// <param name="Metrics">The columns.</param>
public sealed record Headline(string Title, string? Set, IReadOnlyList<Metric> Metrics)
{
    /// <summary>The overview's columns for a report, set by set: those for which a policy has a figure.</summary>
    public static IReadOnlyList<Headline> Of(EvaluationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        Headline[] sets = [.. report.Run.Sets.Select(set => Of(report, set.Name, set.Name, set.Kind)), Of(report, "all prompts", null, null)];
        return [.. sets.Where(group => group.Metrics.Count > 0)];
    }

    private static Headline Of(EvaluationReport report, string title, string? set, PromptSetKind? kind)
    {
        Metric[] metrics = [.. Metric.All.Where(metric => metric.Overview.Contains(kind) && report.Run.Policies.Any(policy => report.Find(policy.Name, set, metric) is not null))];
        int samples = metrics.SelectMany(metric => report.Run.Policies.Select(policy => report.Find(policy.Name, set, metric)?.Samples ?? 0)).DefaultIfEmpty().Max();
        return new(string.Create(CultureInfo.InvariantCulture, $"{title} (n = {samples})"), set, metrics);
    }
}
