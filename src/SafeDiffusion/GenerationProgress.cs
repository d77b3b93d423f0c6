using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion;

/// <summary>Where a generation stands; reported after every step.</summary>
/// <param name="Step">Steps done, 1 to <paramref name="Steps"/>.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Rows">UNet rows evaluated so far.</param>
/// <param name="Elapsed">Time since denoising began.</param>
public sealed record GenerationProgress(int Step, int Steps, long Rows, TimeSpan Elapsed)
{
    /// <summary>
    /// 0 while pictures are first drawn; above where a protection has had some begun again (<c>detect-and-redraw</c>): how often. Steps then
    /// count from 1 again, for those pictures alone.
    /// </summary>
    public int Redraws { get; init; }

    /// <summary>The pictures that this step was taken for.</summary>
    public int Pictures { get; init; }

    /// <summary>The pictures of this step as the model predicts them, where <see cref="GenerationRequest.PreviewEvery"/> asks for them.</summary>
    public IReadOnlyList<RgbImage> Previews { get; init; } = [];
}
