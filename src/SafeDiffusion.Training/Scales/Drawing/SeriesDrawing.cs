using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Policies;
using SafeDiffusion.Training.Scales.Labelling;

namespace SafeDiffusion.Training.Scales.Drawing;

/// <summary>Draws prompts at every scale, and reads what their first step responds.</summary>
internal sealed class SeriesDrawing(SafeDiffusionPipeline pipeline, IReadOnlyList<ScaleConcept> concepts, DrawingSettings settings)
{
    /// <summary>Pictures of one batch: prompt and null rows fill two calls of eight rows.</summary>
    public const int BatchSize = 8;

    /// <summary>The pictures of one series, a scale each.</summary>
    public async Task<ScaleSeries> DrawAsync(PlannedSeries series, CancellationToken cancellationToken)
    {
        ScaleConcept concept = concepts[series.Concept];
        GenerationRequest[] requests = [.. settings.Scales.Select(scale => Request(series) with { Policy = Inhibited(concept, scale) })];
        List<RgbImage> images = [];
        foreach (GenerationRequest[] batch in requests.Chunk(BatchSize))
        {
            IReadOnlyList<GenerationResult> results = await pipeline.GenerateBatchAsync(batch, progress: null, cancellationToken).ConfigureAwait(false);
            images.AddRange(results.Select(result => result.Images[0]));
        }
        return new(concept, series.Text, series.Seed, settings.Scales, images);
    }

    /// <summary>What the first step of each series responds to each of its concept's own tokens, <c>[series][tokens][L]</c>.</summary>
    public async Task<float[][][]> ReadAsync(IReadOnlyList<PlannedSeries> batch, CancellationToken cancellationToken)
    {
        float[][][] responses = new float[batch.Count][][];
        int read = 0;
        // The steps after the first are of no interest.
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        GenerationRequest[] requests = [.. batch.Select((series, i) => Request(series) with { Policy = Recorded(series, value => Keep(i, value)) })];
        try
        {
            await pipeline.GenerateBatchAsync(requests, progress: null, enough.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (read == batch.Count && !cancellationToken.IsCancellationRequested)
        {
        }
        return responses;

        void Keep(int series, float[][] value)
        {
            responses[series] = value;
            if (++read == responses.Length) enough.Cancel();
        }
    }

    private GenerationRequest Request(PlannedSeries series) => new(series.Text) { Seed = series.Seed, Steps = settings.Steps, GuidanceScale = settings.GuidanceScale };

    private SafetyPolicy Inhibited(ScaleConcept concept, float scale) =>
        SafetyPolicy.Empty.Add(new GrowthInhibition { Concept = concept.Text, Preset = settings.Preset, Scale = scale });

    private SafetyPolicy Recorded(PlannedSeries series, Action<float[][]> record) =>
        SafetyPolicy.Empty.Add(new ResponseRecording { Concept = concepts[series.Concept].Text, Record = record });
}
