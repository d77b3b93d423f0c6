using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Training;

/// <summary>
/// Learns guidelines (Li et al., CVPR 2025): tokens that turn the UNet's cross-attention into a detector of a concept, at every noise
/// level, from a few pictures and the concept's places in them.
/// </summary>
public static class GuidelineLearner
{
    /// <summary>Learns a guideline. The same model, options and processor give the same guideline, bit for bit.</summary>
    /// <param name="modelFolder">The model folder, the one that holds <c>unet/model.onnx</c>.</param>
    /// <param name="options">What to learn, from what, and how.</param>
    /// <param name="progress">Told after every batch of pictures and every round.</param>
    /// <param name="cancellationToken">Ends the work within one network call or round.</param>
    /// <exception cref="InvalidRequestException">An option is out of range, or the pictures do not suffice.</exception>
    /// <exception cref="InvalidFileException">A file of the model is missing or damaged, or the features cannot be kept on disk.</exception>
    /// <exception cref="GraphNotUnderstoodException">The UNet's cross-attention is not understood.</exception>
    /// <exception cref="LayerNotFoundException">The UNet has none of the layers.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    /// <exception cref="InferenceException">A network failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<LearnedGuideline> LearnAsync(
        string modelFolder, GuidelineLearningOptions options, IProgress<GuidelineLearningProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        LearningCheck.Require(options);
        return await Task.Run(RunAsync, cancellationToken).ConfigureAwait(false);

        async Task<LearnedGuideline> RunAsync()
        {
            PipelineOptions reading = options.Pipeline with { AttentionFeatures = AttentionFeatures.Detect, DetectionLayers = options.Layers };
            await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(modelFolder, reading, cancellationToken).ConfigureAwait(false);
            return await new GuidelineLearning(pipeline, options, progress, cancellationToken).RunAsync().ConfigureAwait(false);
        }
    }
}
