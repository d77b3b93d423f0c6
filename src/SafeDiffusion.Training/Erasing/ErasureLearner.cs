using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Training.Erasing;

/// <summary>
/// Learns erasures: maps of text states by which a concept reads as something else. From words and captions, with the text encoder alone.
/// </summary>
public static class ErasureLearner
{
    /// <summary>The fewest captions to preserve.</summary>
    public const int FewestCaptions = 10;

    /// <summary>Learns an erasure. The same model, options and processor give the same erasure, bit for bit.</summary>
    /// <param name="modelFolder">The model folder, the one that holds <c>unet/model.onnx</c>.</param>
    /// <param name="options">What to learn, from what, and how.</param>
    /// <param name="cancellationToken">Ends the work within one text.</param>
    /// <exception cref="InvalidRequestException">An option is out of range, the captions do not suffice, the problem is singular, or the gate opens for fewer than half of the held-out prompts with the concept.</exception>
    /// <exception cref="InvalidFileException">A file of the model is missing or damaged.</exception>
    /// <exception cref="InferenceException">The text encoder failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<LearnedErasure> LearnAsync(string modelFolder, ErasureLearningOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ErasureLearningCheck.Require(options);
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(modelFolder, options.Pipeline, cancellationToken).ConfigureAwait(false);
        return await LearnAsync(pipeline, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Learns an erasure for a model that is loaded already.</summary>
    /// <param name="pipeline">The model; <see cref="ErasureLearningOptions.Pipeline"/> is not looked at.</param>
    /// <param name="options">What to learn, from what, and how.</param>
    /// <param name="cancellationToken">Ends the work within one text.</param>
    /// <exception cref="InvalidRequestException">An option is out of range, the captions do not suffice, the problem is singular, or the gate opens for fewer than half of the held-out prompts with the concept.</exception>
    /// <exception cref="InferenceException">The text encoder failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<LearnedErasure> LearnAsync(SafeDiffusionPipeline pipeline, ErasureLearningOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(options);
        ErasureLearningCheck.Require(options);
        string hash = await pipeline.GetWeightsHashAsync(cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => new ErasureLearning(pipeline, options, hash, cancellationToken).Run(), cancellationToken).ConfigureAwait(false);
    }
}
