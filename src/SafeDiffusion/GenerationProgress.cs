using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion;

/// <summary>Where a generation stands; reported after every step.</summary>
/// <param name="Step">Steps done, 1 to <paramref name="Steps"/>.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Rows">UNet rows evaluated so far.</param>
/// <param name="Elapsed">Time since denoising began.</param>
public sealed record GenerationProgress(int Step, int Steps, long Rows, TimeSpan Elapsed)
{
    /// <summary>The pictures as the model predicts them at this step, where <see cref="GenerationRequest.PreviewEvery"/> asks for them.</summary>
    public IReadOnlyList<RgbImage> Previews { get; init; } = [];
}
