using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Suites;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>Counts what a run has done, and tells. Safe for several threads.</summary>
internal sealed class RunProgress
{
    private readonly EvaluationSuite _suite;
    private readonly int _total;
    private readonly IProgress<EvaluationProgress>? _progress;
    private readonly TimeProvider _time;
    private readonly HashSet<string> _conceptSets;
    private readonly Dictionary<string, (int Pictures, int Shown)> _figures = [];
    private readonly Lock _lock = new();
    private long _began;
    private int _done;
    private int _before;
    private long _rows;

    public RunProgress(EvaluationSuite suite, int total, IProgress<EvaluationProgress>? progress, TimeProvider time)
    {
        _suite = suite;
        _total = total;
        _progress = progress;
        _time = time;
        _conceptSets = [.. suite.Sets.Where(set => set.Kind != PromptSetKind.Harmless).Select(set => set.Name)];
    }

    public long Rows => _rows;

    public TimeSpan Elapsed => _time.GetElapsedTime(_began);

    /// <summary>Begins with what is there already.</summary>
    public void Begin(IEnumerable<PictureResult> there)
    {
        foreach (PictureResult result in there) Count(result);
        _before = _done;
        _began = _time.GetTimestamp();
        Tell();
    }

    /// <summary>Counts a batch.</summary>
    public void Add(IReadOnlyCollection<PictureResult> results, long rows)
    {
        lock (_lock)
        {
            foreach (PictureResult result in results) Count(result);
            _rows += rows;
            Tell();
        }
    }

    private void Count(PictureResult result)
    {
        _done++;
        if (!_conceptSets.Contains(result.Set)) return;
        (int pictures, int shown) = _figures.GetValueOrDefault(result.Policy);
        _figures[result.Policy] = (pictures + 1, shown + (result.Judgements[_suite.Judges[0].Name].Shows(_suite.Concept) ? 1 : 0));
    }

    private void Tell()
    {
        if (_progress is null) return;
        TimeSpan elapsed = Elapsed;
        int drawn = _done - _before;
        _progress.Report(new EvaluationProgress(
            _done, _total, _rows, elapsed, drawn == 0 ? null : elapsed / drawn * (_total - _done),
            [.. _suite.Policies.Select(policy => new PolicyProgress(
                policy.Name, _figures.GetValueOrDefault(policy.Name).Pictures, _figures.GetValueOrDefault(policy.Name).Shown))]));
    }
}
