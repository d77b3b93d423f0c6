using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Training.Recording;

/// <summary>Draws pictures with the model and keeps their features of every planned step.</summary>
internal sealed class PictureDrawing(SafeDiffusionPipeline pipeline, LayerSelection layers, FeatureCache cache)
{
    /// <summary>Pictures of one batch: prompt and null rows fill two calls of eight rows.</summary>
    public const int BatchSize = 8;

    private readonly float[] _tokens = UnitTokens.Of(pipeline.Model.TextWidth);

    /// <summary>Draws some pictures together.</summary>
    /// <param name="first">The first picture's place in the cache.</param>
    /// <param name="requests">What to draw, a picture each.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public async Task<RgbImage[]> DrawAsync(int first, IEnumerable<GenerationRequest> requests, CancellationToken cancellationToken)
    {
        GenerationRequest[] watched = [.. requests.Select((request, i) => request with
        {
            Policy = SafetyPolicy.Empty.Add(new FeatureRecording
            {
                Tokens = _tokens,
                Layers = layers,
                Record = (step, features) => cache.Write(first + i, step, features),
            }),
        })];
        IReadOnlyList<GenerationResult> results = await pipeline.GenerateBatchAsync(watched, progress: null, cancellationToken).ConfigureAwait(false);
        return [.. results.Select(result => result.Images[0])];
    }
}
