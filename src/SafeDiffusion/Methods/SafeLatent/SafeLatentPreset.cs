namespace SafeDiffusion.Methods.SafeLatent;

/// <summary>The published settings of safe latent diffusion.</summary>
public enum SafeLatentPreset
{
    /// <summary>From step 15, scale 20, threshold 0, no momentum.</summary>
    Weak,

    /// <summary>From step 10, scale 1000, threshold 0.01, momentum 0.3, decay 0.4.</summary>
    Medium,

    /// <summary>From step 7, scale 2000, threshold 0.025, momentum 0.5, decay 0.7.</summary>
    Strong,

    /// <summary>From step 0, scale 5000, threshold 1, momentum 0.5, decay 0.7.</summary>
    Max,
}
