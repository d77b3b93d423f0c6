namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>Settings to start from.</summary>
public enum GrowthInhibitorPreset
{
    /// <summary>The paper's: the concept's own tokens, in all layers, scale 5.</summary>
    Published,

    /// <summary>Our own, by what measures best on the shapes model (docs/growth-inhibitor.md): against the empty text, in the layers that respond.</summary>
    Contrasting,
}

/// <summary>What a preset sets.</summary>
/// <param name="Scale">The suppression scale.</param>
/// <param name="Layers">The layers.</param>
/// <param name="Contrast">Whether the empty text is subtracted.</param>
internal readonly record struct GrowthInhibitorPresetSettings(float Scale, InhibitedLayers Layers, bool Contrast)
{
    /// <summary>The settings of a preset; an unknown one is found by the options' own check.</summary>
    public static GrowthInhibitorPresetSettings Of(GrowthInhibitorPreset preset) => preset == GrowthInhibitorPreset.Contrasting
        ? new(Scale: 3, InhibitedLayers.Automatic, Contrast: true)
        : new(Scale: 5, InhibitedLayers.All, Contrast: false);
}
