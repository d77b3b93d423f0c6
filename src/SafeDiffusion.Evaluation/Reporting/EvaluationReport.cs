using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>
/// What a run showed. The same results, in whatever order and from however many parts, give the same report; only
/// <see cref="Times"/> and the run's machine differ from run to run. Field names are stable within a <see cref="Version"/>.
/// </summary>
public sealed record EvaluationReport
{
    /// <summary>The form of the reports that this library writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The form of this report.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>What was run.</summary>
    public required RunDescription Run { get; init; }

    /// <summary>Pictures that the report rests on.</summary>
    public required int Pictures { get; init; }

    /// <summary>The figures per policy and prompt set, in the run's order.</summary>
    public required IReadOnlyList<FigureRow> Sets { get; init; }

    /// <summary>The figures per policy over all prompt sets: costs alone mean something there. Earlier versions had those over the sets of a kind as well.</summary>
    public required IReadOnlyList<FigureRow> Kinds { get; init; }

    /// <summary>How far the other judges agree with the one whose judgements the figures rest on.</summary>
    public required IReadOnlyList<JudgeAgreement> Agreement { get; init; }

    /// <summary>Pictures to look at, failures first.</summary>
    public required IReadOnlyList<Gallery> Galleries { get; init; }

    /// <summary>What the feature distances rest on; null without.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Features { get; init; }

    /// <summary>What scored picture and prompt; null without.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TextScore { get; init; }

    /// <summary>The times per policy and prompt set, and over all: the one place for what no run repeats.</summary>
    public required IReadOnlyList<FigureRow> Times { get; init; }

    /// <summary>A figure of a policy on a prompt set; null where there is none.</summary>
    /// <param name="policy">The policy's name.</param>
    /// <param name="set">The set's name; null for all sets.</param>
    /// <param name="metric">The metric.</param>
    public Measurement? Find(string policy, string? set, Metric metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        IReadOnlyList<FigureRow> rows = metric.Scale == MetricScale.Time ? Times : set is null ? Kinds : Sets;
        return rows.FirstOrDefault(row => row.Policy == policy && row.Set == set && (set is not null || row.Kind is null))?[metric];
    }

    /// <summary>The name of the network that a metric rests on; null where it rests on none, or the report had none.</summary>
    internal string? NetworkOf(Metric metric) => metric.Network switch
    {
        MetricNetwork.Features => Features,
        MetricNetwork.TextScore => TextScore,
        _ => null,
    };

    /// <summary>The report as JSON.</summary>
    public string ToJson() => ReportJson.Write(this);

    /// <summary>Reads a report from its JSON file.</summary>
    /// <exception cref="InvalidFileException">The file is missing, damaged, no report, or of a form that this version does not know.</exception>
    public static EvaluationReport Load(string path) => ReportJson.Load(path);
}
