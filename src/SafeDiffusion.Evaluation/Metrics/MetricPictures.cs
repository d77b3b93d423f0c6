using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>What a metric is computed of: one policy's pictures, the undefended ones they are compared with, and what is known of both.</summary>
internal sealed class MetricPictures(
    ResultTable table, IReadOnlyList<PictureResult> results, IReadOnlyDictionary<PictureResult, PictureChange> changes, PictureNetworks networks)
{
    public IReadOnlyList<PictureResult> Results => results;

    public int Count => results.Count;

    /// <summary>The undefended picture of each, in the same order.</summary>
    public IReadOnlyList<PictureResult> Undefended => [.. results.Select(result => table.UndefendedOf(result)!)];

    /// <summary>How far each is from the undefended one, in the same order.</summary>
    public IEnumerable<PictureChange> Changes => results.Select(result => changes[result]);

    public PictureNetworks Networks => networks;

    public string Judge => table.Run.Judge;

    /// <summary>How many have no undefended picture.</summary>
    public int Alone => results.Count(result => table.UndefendedOf(result) is null);

    /// <summary>Why a change could not be computed; null where all could.</summary>
    public Measurement? Incomparable =>
        Changes.Select(change => change.Error).FirstOrDefault(error => error is not null) is { } reason ? Measurement.Failed(reason, Count) : null;

    /// <summary>How many were not judged, the undefended ones included where they are compared with.</summary>
    public int Unjudged(bool isRelative) => results.Concat(isRelative ? Undefended : []).Count(result => table.JudgementOf(result) is null);

    public Judgement Judged(PictureResult result) => table.JudgementOf(result)!;

    public bool ShowsConcept(PictureResult result) => Judged(result).Shows(table.Run.Concept);

    public int Detections(PictureResult result) => Judged(result).Findings.Count(finding => finding.Label == table.Run.Concept);
}
