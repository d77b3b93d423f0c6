namespace SafeDiffusion.Methods.SafeLatent;

/// <summary>The settings of safe latent diffusion, resolved.</summary>
/// <param name="WarmupSteps">δ: the first step in which the term is added.</param>
/// <param name="Scale">S: the safety guidance scale.</param>
/// <param name="Threshold">λ: where <c>p - s</c> is below it, the concept is steered away from.</param>
/// <param name="MomentumScale">m: the share of the momentum in the term.</param>
/// <param name="MomentumDecay">b: how much of the momentum is kept from step to step.</param>
public readonly record struct SafeLatentSettings(int WarmupSteps, float Scale, float Threshold, float MomentumScale, float MomentumDecay)
{
    /// <summary>The settings of a preset (Schramowski et al. 2023, as published with the method).</summary>
    public static SafeLatentSettings Of(SafeLatentPreset preset) => preset switch
    {
        SafeLatentPreset.Weak => new(15, 20, 0, 0, 0),
        SafeLatentPreset.Medium => new(10, 1000, 0.01f, 0.3f, 0.4f),
        SafeLatentPreset.Strong => new(7, 2000, 0.025f, 0.5f, 0.7f),
        SafeLatentPreset.Max => new(0, 5000, 1, 0.5f, 0.7f),
        _ => throw new ArgumentOutOfRangeException(nameof(preset), preset, "The presets are weak, medium, strong and max."),
    };
}
