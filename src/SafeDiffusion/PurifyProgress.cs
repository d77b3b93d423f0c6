namespace SafeDiffusion;

/// <summary>Where a purification stands; reported after every UNet call of the inversion and of the denoising.</summary>
/// <param name="Stage">What is done.</param>
/// <param name="Step">Steps done of this stage, 1 to <paramref name="Steps"/>.</param>
/// <param name="Steps">Steps of this stage.</param>
public readonly record struct PurifyProgress(PurifyStage Stage, int Step, int Steps);

/// <summary>The stages of a purification, in their order.</summary>
public enum PurifyStage
{
    /// <summary>Up the noise levels.</summary>
    Inverting,

    /// <summary>Down again without protections, to measure what the inversion loses.</summary>
    Reconstructing,

    /// <summary>Down again under the policy.</summary>
    Denoising,
}
