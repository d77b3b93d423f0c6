using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Training.Scales.Labelling;

namespace SafeDiffusion.Training.Scales;

/// <summary>
/// Learns the scale adapter of growth inhibition (GIE): prompts are drawn at increasing suppression scales, a judge or a person says which is
/// the best, and a small network learns to tell it from what the first, unsuppressed step responds to the concept's tokens.
/// </summary>
public static class AdapterLearner
{
    /// <summary>Learns an adapter with a judge. The same model, options, judge and processor give the same adapter, bit for bit.</summary>
    /// <param name="modelFolder">The model folder, the one that holds <c>unet/model.onnx</c>.</param>
    /// <param name="options">What to learn from, and how.</param>
    /// <param name="judge">Says the best scale of drawn pictures.</param>
    /// <param name="progress">Told after every batch of pictures and every few epochs.</param>
    /// <param name="cancellationToken">Ends the work within one network call or epoch.</param>
    /// <exception cref="InvalidRequestException">An option is out of range, or the pictures do not suffice.</exception>
    /// <exception cref="InvalidFileException">A file of the model is missing or damaged.</exception>
    /// <exception cref="GraphNotUnderstoodException">The UNet's cross-attention is not understood.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    /// <exception cref="InferenceException">A network failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static Task<LearnedAdapter> LearnAsync(
        string modelFolder, AdapterLearningOptions options, IScaleJudge judge, IProgress<AdapterLearningProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(judge);
        return RunAsync(modelFolder, options, progress, learning => learning.LearnAsync(judge), cancellationToken);
    }

    /// <summary>Learns an adapter with scales that a person filled in, of pictures that <see cref="WriteSheetsAsync"/> drew with the same options.</summary>
    /// <param name="modelFolder">The model folder, the one that holds <c>unet/model.onnx</c>.</param>
    /// <param name="options">What to learn from, and how.</param>
    /// <param name="labels">The scales.</param>
    /// <param name="progress">Told after every batch of pictures and every few epochs.</param>
    /// <param name="cancellationToken">Ends the work within one network call or epoch.</param>
    /// <inheritdoc cref="LearnAsync(string, AdapterLearningOptions, IScaleJudge, IProgress{AdapterLearningProgress}?, CancellationToken)" path="/exception"/>
    public static Task<LearnedAdapter> LearnAsync(
        string modelFolder, AdapterLearningOptions options, ScaleLabels labels, IProgress<AdapterLearningProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return RunAsync(modelFolder, options, progress, learning => learning.LearnAsync(labels), cancellationToken);
    }

    /// <summary>Draws each prompt that holds a concept at every scale, and writes a contact sheet a prompt and <c>labels.csv</c>, in which a person fills in the best scales.</summary>
    /// <param name="modelFolder">The model folder, the one that holds <c>unet/model.onnx</c>.</param>
    /// <param name="options">What is to be learned from.</param>
    /// <param name="folder">The folder to write to; made where it is missing.</param>
    /// <param name="progress">Told after every series of pictures.</param>
    /// <param name="cancellationToken">Ends the work within one network call.</param>
    /// <returns>The file to fill in.</returns>
    /// <inheritdoc cref="LearnAsync(string, AdapterLearningOptions, IScaleJudge, IProgress{AdapterLearningProgress}?, CancellationToken)" path="/exception"/>
    public static Task<string> WriteSheetsAsync(
        string modelFolder, AdapterLearningOptions options, string folder, IProgress<AdapterLearningProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string file = Path.Combine(folder, "labels.csv");
        if (File.Exists(file)) throw new InvalidFileException(file, "is there already, and may hold scales that somebody filled in. Name another folder, or remove it.");
        return RunAsync(modelFolder, options, progress, learning => learning.WriteSheetsAsync(folder, file), cancellationToken);
    }

    private static async Task<T> RunAsync<T>(
        string modelFolder, AdapterLearningOptions options, IProgress<AdapterLearningProgress>? progress, Func<AdapterLearning, Task<T>> run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Require();
        return await Task.Run(LoadAndRunAsync, cancellationToken).ConfigureAwait(false);

        async Task<T> LoadAndRunAsync()
        {
            PipelineOptions inhibiting = options.Pipeline with { AttentionFeatures = AttentionFeatures.Inhibit };
            await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(modelFolder, inhibiting, cancellationToken).ConfigureAwait(false);
            return await run(new AdapterLearning(pipeline, options, progress, cancellationToken)).ConfigureAwait(false);
        }
    }
}
