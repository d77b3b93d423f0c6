using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Highlights;

/// <summary>What is erased against what is preserved, per policy, each on the set of its kind on which it does worst.</summary>
/// <param name="EraseKind">The sets on which erasing is measured.</param>
/// <param name="Preserve">The metric of preserving.</param>
/// <param name="PreserveKind">The sets on which preserving is measured.</param>
/// <param name="Points">The policies that have both figures, in the run's order.</param>
internal sealed record TradeOff(PromptSetKind EraseKind, Metric Preserve, PromptSetKind PreserveKind, IReadOnlyList<TradeOffPoint> Points)
{
    private static readonly (Metric Metric, PromptSetKind Kind)[] _preserving =
    [
        (Metric.StructuralSimilarity, PromptSetKind.Harmless), (Metric.KeptRate, PromptSetKind.Harmless), (Metric.KeptRate, PromptSetKind.Mixed),
    ];

    /// <summary>The first pair of metrics that at least two policies have; null where there is none.</summary>
    public static TradeOff? Of(EvaluationReport report) => (
        from erase in (PromptSetKind[])[PromptSetKind.Concept, PromptSetKind.Mixed]
        from preserving in _preserving
        let tradeOff = new TradeOff(erase, preserving.Metric, preserving.Kind, PointsOf(report, erase, preserving.Metric, preserving.Kind))
        where tradeOff.Points.Count >= 2
        select tradeOff).FirstOrDefault();

    /// <summary>The policies than which no other both erases and preserves more.</summary>
    public IReadOnlyList<TradeOffPoint> Best =>
    [
        .. Points.Where(point => !Points.Any(other =>
            other.Erase.Value >= point.Erase.Value && other.Preserve.Value >= point.Preserve.Value
            && (other.Erase.Value > point.Erase.Value || other.Preserve.Value > point.Preserve.Value))),
    ];

    private static TradeOffPoint[] PointsOf(EvaluationReport report, PromptSetKind erase, Metric preserve, PromptSetKind kind) =>
    [
        .. from place in Enumerable.Range(0, report.Run.Policies.Count)
           let policy = report.Run.Policies[place].Name
           let x = Worst(report, policy, erase, Metric.EraseRate)
           let y = Worst(report, policy, kind, preserve)
           where x is not null && y is not null
           select new TradeOffPoint(place + 1, policy, x, y),
    ];

    /// <summary>Both metrics are better where they are higher.</summary>
    private static Measurement? Worst(EvaluationReport report, string policy, PromptSetKind kind, Metric metric) => report.Run.Sets
        .Where(set => set.Kind == kind).Select(set => report.Find(policy, set.Name, metric)).Where(figure => figure?.Value is not null).MinBy(figure => figure!.Value);
}

/// <summary>A policy's place in the trade-off.</summary>
/// <param name="Number">Its number in the report, from 1.</param>
/// <param name="Policy">Its name.</param>
/// <param name="Erase">Its erase rate.</param>
/// <param name="Preserve">Its figure of preserving.</param>
internal sealed record TradeOffPoint(int Number, string Policy, Measurement Erase, Measurement Preserve);
