using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Reporting.Building;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>The metrics that need a network: distances between features, and scores of picture and prompt. A picture is evaluated once.</summary>
internal sealed class NetworkFigures(ResultTable table, Func<string, RgbImage> load, ReportOptions options, CancellationToken cancellationToken)
{
    private const int Batch = 16;

    private readonly Dictionary<string, float[]> _features = [];
    private readonly Dictionary<(string Pixels, string Prompt), double> _scores = [];

    /// <summary>Whether a metric needs a network that was not given.</summary>
    public bool Without(Metric metric) => metric.Name switch
    {
        "frechet-distance" or "kernel-distance" => options.Features is null,
        "clip-score" => options.TextScore is null,
        _ => false,
    };

    public Measurement Measure(Metric metric, IReadOnlyList<PictureResult> results)
    {
        if (Without(metric)) return Measurement.Failed("no network was given for it", results.Count);
        try
        {
            return metric.Name switch
            {
                "frechet-distance" => FrechetDistance.Measure(Features(results), Features(Undefended(results))),
                "kernel-distance" => KernelDistance.Measure(Features(results), Features(Undefended(results))),
                _ => Bootstrap.Mean(Scores(results)),
            };
        }
        catch (InvalidFileException error)
        {
            return Measurement.Failed(error.Message, results.Count);
        }
    }

    private List<PictureResult> Undefended(IReadOnlyList<PictureResult> results) => [.. results.Select(result => table.UndefendedOf(result)!)];

    private List<float[]> Features(IReadOnlyList<PictureResult> results)
    {
        Evaluate(results, result => result.PixelsHash, _features, (images, _) => options.Features!.Extract(images, cancellationToken));
        return [.. results.Select(result => _features[result.PixelsHash])];
    }

    private List<double> Scores(IReadOnlyList<PictureResult> results)
    {
        Evaluate(results, KeyOf, _scores, (images, batch) => options.TextScore!.Score(images, [.. batch.Select(result => result.Prompt)], cancellationToken));
        return [.. results.Select(result => _scores[KeyOf(result)])];

        static (string, string) KeyOf(PictureResult result) => (result.PixelsHash, result.Prompt);
    }

    private void Evaluate<TKey, TValue>(
        IReadOnlyList<PictureResult> results,
        Func<PictureResult, TKey> key,
        Dictionary<TKey, TValue> known,
        Func<RgbImage[], PictureResult[], IReadOnlyList<TValue>> evaluate)
        where TKey : notnull
    {
        foreach (PictureResult[] batch in results.Where(result => !known.ContainsKey(key(result))).DistinctBy(key).Chunk(Batch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            IReadOnlyList<TValue> values = evaluate([.. batch.Select(result => load(result.Image))], batch);
            for (int i = 0; i < batch.Length; i++) known[key(batch[i])] = values[i];
        }
    }
}
