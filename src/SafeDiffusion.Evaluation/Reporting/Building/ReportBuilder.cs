using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Building;

/// <summary>Makes a report of a table of results.</summary>
internal sealed class ReportBuilder(ResultTable table, Func<string, RgbImage> load, ReportOptions options, CancellationToken cancellationToken)
{
    public EvaluationReport Build()
    {
        Dictionary<PictureResult, PictureChange> changes = PictureChange.OfAll(table, load, cancellationToken);
        FigureBuilder figures = new(table, changes, new NetworkFigures(table, load, options, cancellationToken));
        return new EvaluationReport
        {
            Run = table.Run,
            Pictures = table.Count,
            Sets = BySet(figures, times: false),
            Kinds = ByKind(figures, times: false),
            Agreement = AgreementBuilder.Build(table),
            Galleries = new GalleryBuilder(table, changes, options.GalleryRows).Build(),
            Features = options.Features?.Name,
            TextScore = options.TextScore?.Name,
            Times = [.. BySet(figures, times: true), .. ByKind(figures, times: true)],
        };
    }

    private List<FigureRow> BySet(FigureBuilder figures, bool times) =>
    [
        .. from policy in table.Run.Policies
           from set in table.Run.Sets
           select Row(figures, policy.Name, set.Kind, set.Name, table.Of(policy.Name, set.Name), times),
    ];

    private List<FigureRow> ByKind(FigureBuilder figures, bool times) =>
    [
        .. from policy in table.Run.Policies
           from kind in Kinds()
           select Row(figures, policy.Name, kind, null, table.Of(policy.Name, kind), times),
    ];

    private IEnumerable<PromptSetKind?> Kinds() =>
        [.. Enum.GetValues<PromptSetKind>().Where(kind => table.Run.Sets.Any(set => set.Kind == kind)), null];

    private FigureRow Row(
        FigureBuilder figures, string policy, PromptSetKind? kind, string? set, IReadOnlyList<PictureResult> results, bool times)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new FigureRow
        {
            Policy = policy,
            Kind = kind,
            Set = set,
            Figures = figures.Metrics(policy, kind, times).Where(metric => IsAsked(metric, results))
                .ToDictionary(metric => metric.Name, metric => figures.Measure(metric, results)),
        };
    }

    /// <summary>Where no prompt names anything to keep, nothing is asked of it.</summary>
    private bool IsAsked(Metric metric, IReadOnlyList<PictureResult> results) =>
        metric != Metric.KeptRate || table.Run.Metrics.Contains(metric.Name) || results.Any(result => result.Keep.Count > 0);
}
