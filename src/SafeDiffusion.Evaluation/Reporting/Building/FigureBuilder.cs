using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Building;

/// <summary>The figures of a report's rows: which metrics a row has, and what they are.</summary>
internal sealed class FigureBuilder(ResultTable table, IReadOnlyDictionary<PictureResult, PictureChange> changes, PictureNetworks networks)
{
    /// <summary>The figures of a policy's pictures of sets of a kind (null for all sets), in a report's order; of times, or of everything else.</summary>
    public Dictionary<string, Measurement> Measure(string policy, PromptSetKind? kind, IReadOnlyList<PictureResult> results, bool times)
    {
        MetricPictures pictures = new(table, results, changes, networks);
        return Metric.All.Where(metric => metric.Scale == MetricScale.Time == times && IsFor(metric, policy, kind, results))
            .ToDictionary(metric => metric.Name, metric => metric.Measure(pictures));
    }

    private bool IsFor(Metric metric, string policy, PromptSetKind? kind, IReadOnlyList<PictureResult> results)
    {
        bool makesSense = metric.Kinds.Contains(kind) && (policy != table.Run.Undefended || !metric.IsRelative);
        if (!makesSense || table.Run.Metrics.Contains(metric.Name)) return makesSense;
        return table.Run.Metrics.Count == 0 && networks.Has(metric.Network) && metric.IsAsked(results);
    }
}
