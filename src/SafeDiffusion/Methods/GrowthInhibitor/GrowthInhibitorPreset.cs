namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>Settings to start from.</summary>
public enum GrowthInhibitorPreset
{
    /// <summary>The paper's: the concept's own tokens, in all layers, scale 5.</summary>
    Published,

    /// <summary>Our own, for where there is no detector: against the empty text, in the layers that respond.</summary>
    Contrasting,

    /// <summary>
    /// <see cref="Contrasting"/>, harder, when and where a detector before it in the policy has found its concept: what measures best on the
    /// shapes model (docs/growth-inhibitor.md). Without a detector the policy is refused.
    /// </summary>
    Gated,
}

/// <summary>What a preset sets.</summary>
/// <param name="Scale">The suppression scale.</param>
/// <param name="Layers">The layers.</param>
/// <param name="Contrast">Whether the empty text is subtracted.</param>
/// <param name="When">When it acts.</param>
/// <param name="Where">Where it acts.</param>
internal readonly record struct GrowthInhibitorPresetSettings(
    float Scale, InhibitedLayers Layers, bool Contrast, InhibitionTime When = InhibitionTime.Always, InhibitionPlace Where = InhibitionPlace.Everywhere)
{
    /// <summary>The settings of a preset; an unknown one is found by the options' own check.</summary>
    public static GrowthInhibitorPresetSettings Of(GrowthInhibitorPreset preset) => preset switch
    {
        GrowthInhibitorPreset.Contrasting => new(Scale: 3, InhibitedLayers.Automatic, Contrast: true),
        GrowthInhibitorPreset.Gated => new(Scale: 5, InhibitedLayers.Automatic, Contrast: true, InhibitionTime.Detected, InhibitionPlace.Detected),
        _ => new(Scale: 5, InhibitedLayers.All, Contrast: false),
    };
}
