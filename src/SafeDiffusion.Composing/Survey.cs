using SafeDiffusion.Composing.Replacing;
using SafeDiffusion.Instrumentation.Additions;

namespace SafeDiffusion.Composing;

/// <summary>What is learned of a model before the work begins.</summary>
/// <param name="WeightsHash">The SHA-256 of its weights.</param>
/// <param name="Options">What might be drawn in the concept's place, the farthest first.</param>
/// <param name="ReadsPictures">Whether it has what pictures to start from are read by.</param>
/// <param name="SecondsPerRow">How long a UNet row of one step takes, with its share of all else.</param>
internal sealed record Survey(string WeightsHash, IReadOnlyList<InsteadOption> Options, bool ReadsPictures, double SecondsPerRow)
{
    private const int Batch = 8;
    private const int FewSteps = 2;
    private const int MoreSteps = 6;
    private const double Rows = 2;

    /// <summary>Loads the model, encodes the texts and draws a few steps.</summary>
    public static async Task<Survey> OfAsync(string model, ConceptProtectionOptions options, InsteadChooser instead, CancellationToken cancellationToken)
    {
        PipelineOptions plain = options.Pipeline with { AttentionFeatures = AttentionFeatures.None };
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(model, plain, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<InsteadOption> things = instead.Options(text => pipeline.EncodeText(text, cancellationToken));
        string hash = await pipeline.GetWeightsHashAsync(cancellationToken).ConfigureAwait(false);
        await DrawAsync(1).ConfigureAwait(false);
        TimeSpan few = await DrawAsync(FewSteps).ConfigureAwait(false), more = await DrawAsync(MoreSteps).ConfigureAwait(false);
        double step = Math.Max(0, (more - few).TotalSeconds) / (MoreSteps - FewSteps);
        double besides = Math.Max(0, few.TotalSeconds - (FewSteps * step));
        return new(hash, things, pipeline.Model.HasVaeEncoder, (step + (besides / options.Steps)) / (Batch * Rows));

        async Task<TimeSpan> DrawAsync(int steps)
        {
            long began = options.Pipeline.TimeProvider.GetTimestamp();
            GenerationRequest[] requests = [.. Enumerable.Range(0, Batch).Select(i => new GenerationRequest(options.Concept) { Seed = i, Steps = steps, GuidanceScale = options.GuidanceScale })];
            await pipeline.GenerateBatchAsync(requests, progress: null, cancellationToken).ConfigureAwait(false);
            return options.Pipeline.TimeProvider.GetElapsedTime(began);
        }
    }
}
