using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Building;

/// <summary>Makes a report of a run's results.</summary>
public sealed class ReportBuilder
{
    private readonly ResultTable _table;
    private readonly Func<string, RgbImage> _load;
    private readonly ReportOptions _options;
    private readonly CancellationToken _cancellationToken;

    private ReportBuilder(ResultTable table, Func<string, RgbImage> load, ReportOptions options, CancellationToken cancellationToken) =>
        (_table, _load, _options, _cancellationToken) = (table, load, options, cancellationToken);

    /// <summary>Makes a report of a run's results.</summary>
    /// <param name="results">The results, in any order; the same line twice counts once.</param>
    /// <param name="run">What was run.</param>
    /// <param name="load">Loads a picture by <see cref="PictureResult.Image"/>, such as <see cref="PictureFolder.Load"/>; called from several threads.</param>
    /// <param name="options">What else the report holds; null for nothing.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidResultsException">
    /// There is no result, a result is of an unknown policy or prompt set, a prompt and seed has two different results, or a metric's name is unknown.
    /// </exception>
    /// <exception cref="InferenceException">The features' or the score's network failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static EvaluationReport Build(
        IReadOnlyList<PictureResult> results,
        RunDescription run,
        Func<string, RgbImage> load,
        ReportOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(results);
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(load);
        RequireKnownMetrics(run);
        return new ReportBuilder(new ResultTable(results, run), load, options ?? new ReportOptions(), cancellationToken).Build();
    }

    private EvaluationReport Build()
    {
        Dictionary<PictureResult, PictureChange> changes = PictureChange.OfAll(_table, _load, _cancellationToken);
        FigureBuilder figures = new(_table, changes, new PictureNetworks(_options.Features, _options.TextScore, _load, _cancellationToken));
        return new EvaluationReport
        {
            Run = _table.Run,
            Pictures = _table.Count,
            Sets = BySet(figures, times: false),
            Kinds = OverAll(figures, times: false),
            Agreement = AgreementBuilder.Build(_table),
            Galleries = new GalleryBuilder(_table, changes, _options.GalleryRows).Build(),
            Features = _options.Features?.Name,
            TextScore = _options.TextScore?.Name,
            Times = [.. BySet(figures, times: true), .. OverAll(figures, times: true)],
        };
    }

    private List<FigureRow> BySet(FigureBuilder figures, bool times) =>
    [
        .. from policy in _table.Run.Policies
           from set in _table.Run.Sets
           select Row(figures, policy.Name, set.Kind, set.Name, _table.Of(policy.Name, set.Name), times),
    ];

    /// <summary>Over all sets, and not over those of a kind: what one set shows must not vanish among another's figures.</summary>
    private List<FigureRow> OverAll(FigureBuilder figures, bool times) =>
        [.. _table.Run.Policies.Select(policy => Row(figures, policy.Name, null, null, _table.Of(policy.Name), times))];

    private FigureRow Row(
        FigureBuilder figures, string policy, PromptSetKind? kind, string? set, IReadOnlyList<PictureResult> results, bool times)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        return new FigureRow
        {
            Policy = policy,
            Kind = kind,
            Set = set,
            Figures = figures.Measure(policy, kind, results, times),
        };
    }

    private static void RequireKnownMetrics(RunDescription run)
    {
        if (run.Metrics.FirstOrDefault(name => Metric.Find(name) is null) is not { } unknown) return;
        throw new InvalidResultsException($"\"{unknown}\" is no metric. There are: {string.Join(", ", Metric.All.Select(metric => metric.Name))}.");
    }
}
