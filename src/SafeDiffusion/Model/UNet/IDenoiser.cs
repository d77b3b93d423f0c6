using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Editing;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Model.UNet;

/// <summary>A UNet: predicts the noise in latents at a timestep, under a text. Safe for several threads.</summary>
public interface IDenoiser : IDisposable
{
    /// <summary>The most rows that one call can take; <see cref="int.MaxValue"/> where the graph sets none.</summary>
    int MaxRows { get; }

    /// <summary>What the UNet's cross-attention can be asked for; none for a UNet that is not instrumented.</summary>
    AttentionFeatures Features => AttentionFeatures.None;

    /// <summary>Allocates the buffers of a call with <paramref name="rows"/> rows; made once per generation and used in every step.</summary>
    /// <param name="rows">Rows, 1 to <see cref="MaxRows"/>.</param>
    /// <param name="shape">The shape of one row's latents.</param>
    /// <param name="attention">What to read from and inject into cross-attention; null for neither.</param>
    /// <exception cref="InvalidRequestException"><paramref name="attention"/> asks for a feature that the UNet does not have.</exception>
    IDenoiserBatch CreateBatch(int rows, LatentShape shape, AttentionRequest? attention = null);
}

/// <summary>The buffers of one UNet call: rows of latents and text states in, rows of noise predictions out.</summary>
public interface IDenoiserBatch : IDisposable
{
    /// <summary>Rows in this batch.</summary>
    int Rows { get; }

    /// <summary>Sets a row's text; costs nothing where it is the one the row already has.</summary>
    void SetCondition(int row, TextStates condition);

    /// <summary>A row's latents, <c>[C, H, W]</c>, to be written before <see cref="Evaluate"/>.</summary>
    Span<float> Latents(int row);

    /// <summary>The cross-attention's added inputs and outputs; null for a UNet that is not instrumented, and before the first text is set.</summary>
    IAttentionBatch? Attention => null;

    /// <summary>A row's noise prediction, <c>[C, H, W]</c>; holds until the next <see cref="Evaluate"/>.</summary>
    ReadOnlySpan<float> Prediction(int row);

    /// <summary>Evaluates all rows at one timestep.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the call in progress is ended early.</exception>
    /// <exception cref="InferenceException">The network failed.</exception>
    void Evaluate(int timestep, CancellationToken cancellationToken);
}
