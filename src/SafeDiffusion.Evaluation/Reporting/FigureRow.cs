using System.Text.Json.Serialization;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Suites;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>The figures of one policy on one prompt set, on all sets of a kind together, or on all sets.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Kind">What the sets ask for; null for all sets.</param>
/// <param name="Set">The set's name; null for all sets of the kind, or all sets.</param>
/// <param name="Figures">The figures by their metric's name, in <see cref="Metric.All"/>'s order; a metric that makes no sense here is absent.</param>
public sealed record FigureRow(
    string Policy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PromptSetKind? Kind,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Set,
    IReadOnlyDictionary<string, Measurement> Figures)
{
    /// <summary>The figure of a metric; null where it is absent.</summary>
    public Measurement? this[Metric metric] => Figures.GetValueOrDefault(metric.Name);
}
