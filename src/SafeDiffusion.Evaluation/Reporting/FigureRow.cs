using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>The figures of one policy on one prompt set, on all sets of a kind together, or on all sets.</summary>
public sealed record FigureRow
{
    /// <summary>The policy's name.</summary>
    public required string Policy { get; init; }

    /// <summary>What the sets ask for; null for all sets.</summary>
    public PromptSetKind? Kind { get; init; }

    /// <summary>The set's name; null for all sets of the kind, or all sets.</summary>
    public string? Set { get; init; }

    /// <summary>The figures by their metric's name, in <see cref="Metric.All"/>'s order; a metric that makes no sense here is absent.</summary>
    public required IReadOnlyDictionary<string, Measurement> Figures { get; init; }

    /// <summary>The figure of a metric; null where it is absent.</summary>
    public Measurement? this[Metric metric] => Figures.GetValueOrDefault(metric.Name);
}
