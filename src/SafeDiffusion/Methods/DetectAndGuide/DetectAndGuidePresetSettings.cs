namespace SafeDiffusion.Methods.DetectAndGuide;

/// <summary>What a preset sets.</summary>
/// <param name="FirstStep">The first step that is guided.</param>
/// <param name="Quantile">The semantic base's quantile.</param>
/// <param name="HoldThreshold">The threshold of presence once the concept has been present; the usual one where that is lower.</param>
/// <param name="UndefinedCoverage">The share of the grid from which on the edit mask says nothing.</param>
/// <param name="UsesArea">Whether a region's size counts.</param>
/// <param name="Weight">With it: the scale of a region that fills the picture.</param>
/// <param name="MaxMagnitude">The most that a position's value multiplies with.</param>
/// <param name="MaxGuidance">The most that the guidance scale counts where values may change; infinite for all of it.</param>
internal readonly record struct DetectAndGuidePresetSettings(
    int FirstStep, float Quantile, float HoldThreshold, float UndefinedCoverage, bool UsesArea, float Weight, float MaxMagnitude, float MaxGuidance)
{
    /// <summary>The settings of a preset; an unknown one is found by the options' own check.</summary>
    public static DetectAndGuidePresetSettings Of(DetectAndGuidePreset preset) => preset == DetectAndGuidePreset.Published
        ? new(FirstStep: 5, Quantile: 0.9f, HoldThreshold: 1, UndefinedCoverage: 0.8f, UsesArea: true, Weight: 5, MaxMagnitude: 5, MaxGuidance: float.PositiveInfinity)
        : new(FirstStep: 0, Quantile: 0.8f, HoldThreshold: 0.1f, UndefinedCoverage: float.PositiveInfinity, UsesArea: false, Weight: 5, MaxMagnitude: 6, MaxGuidance: 7.5f);
}
