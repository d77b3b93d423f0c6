using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>What networks make of pictures: features, and scores with their prompts. A picture is evaluated once.</summary>
internal sealed class PictureNetworks(
    IFeatureExtractor? features, IPictureTextScore? textScore, Func<string, RgbImage> load, CancellationToken cancellationToken)
{
    private const int Batch = 16;

    private readonly Dictionary<string, float[]> _features = [];
    private readonly Dictionary<(string Pixels, string Prompt), double> _scores = [];

    public bool Has(MetricNetwork network) => network switch
    {
        MetricNetwork.Features => features is not null,
        MetricNetwork.TextScore => textScore is not null,
        _ => true,
    };

    /// <exception cref="InvalidFileException">A picture cannot be loaded.</exception>
    public IReadOnlyList<float[]> Features(IReadOnlyList<PictureResult> results)
    {
        Evaluate(results, result => result.PixelsHash, _features, (images, _) => features!.Extract(images, cancellationToken));
        return [.. results.Select(result => _features[result.PixelsHash])];
    }

    /// <exception cref="InvalidFileException">A picture cannot be loaded.</exception>
    public IReadOnlyList<double> Scores(IReadOnlyList<PictureResult> results)
    {
        Evaluate(results, KeyOf, _scores, (images, batch) => textScore!.Score(images, [.. batch.Select(result => result.Prompt)], cancellationToken));
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
