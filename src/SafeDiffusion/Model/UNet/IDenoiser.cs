using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Additions;

namespace SafeDiffusion.Model.UNet;

/// <summary>A UNet: predicts the noise in latents at a timestep, under a text. Safe for several threads.</summary>
internal interface IDenoiser : IDisposable
{
    /// <summary>The most rows that one call can take; <see cref="int.MaxValue"/> where the graph sets none.</summary>
    int MaxRows { get; }

    /// <summary>What the UNet's cross-attention can be asked for; none for a UNet that is not instrumented.</summary>
    AttentionFeatures Features => AttentionFeatures.None;

    /// <summary>Allocates the buffers of a call with <paramref name="rows"/> rows; made once per generation and used in every step.</summary>
    /// <param name="rows">Rows, 1 to <see cref="MaxRows"/>.</param>
    /// <param name="shape">The shape of one row's latents.</param>
    /// <param name="guidelines">Guideline token embeddings whose detection scores are read in every row, <c>[G, D]</c> with D the text width; empty to detect nothing.</param>
    /// <exception cref="InvalidRequestException">Guidelines are given, and the UNet is not instrumented for detection.</exception>
    IDenoiserBatch CreateBatch(int rows, LatentShape shape, ReadOnlyMemory<float> guidelines = default);
}

/// <summary>
/// The buffers of one UNet call: rows of latents and inputs in, rows of noise predictions and attention readings out. Reading what the UNet
/// is not instrumented for is an <see cref="InvalidOperationException"/>.
/// </summary>
internal interface IDenoiserBatch : IDisposable
{
    /// <summary>Rows in this batch.</summary>
    int Rows { get; }

    /// <summary>The layers of <see cref="InhibitorResponse"/>; 0 without inhibition.</summary>
    int InhibitedLayers => 0;

    /// <summary>
    /// Sets every input of a row but the latents, neutral where the inputs say nothing; costs nothing where the row has just these already.
    /// </summary>
    /// <exception cref="InvalidOperationException">The inputs edit attention, and the UNet is not instrumented for it.</exception>
    void SetInputs(int row, RowInputs inputs);

    /// <summary>A row's latents, <c>[C, H, W]</c>, to be written before <see cref="Evaluate"/>.</summary>
    Span<float> Latents(int row);

    /// <summary>A row's noise prediction, <c>[C, H, W]</c>; holds until the next <see cref="Evaluate"/>.</summary>
    ReadOnlySpan<float> Prediction(int row);

    /// <summary>A row's raw detection scores, <c>[G, H, W]</c> on the latent grid; hold until the next call.</summary>
    ReadOnlySpan<float> DetectionScores(int row) => throw new InvalidOperationException("The UNet is not instrumented for detection.");

    /// <summary>A row's mean attention to each token of an inhibitor in an inhibited layer, <c>[N]</c>; holds until the next call.</summary>
    ReadOnlySpan<float> InhibitorResponse(int layer, int row, int inhibitor) => throw new InvalidOperationException("The UNet is not instrumented for inhibition.");

    /// <summary>Evaluates all rows at one timestep.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the call in progress is ended early.</exception>
    /// <exception cref="InferenceException">The network failed.</exception>
    void Evaluate(int timestep, CancellationToken cancellationToken);
}
