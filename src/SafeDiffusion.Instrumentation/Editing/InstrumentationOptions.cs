using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;

namespace SafeDiffusion.Instrumentation.Editing;

/// <summary>What to add to a UNet, and where.</summary>
public sealed record InstrumentationOptions
{
    /// <summary>The features to add. Default: all.</summary>
    public AttentionFeatures Features { get; init; } = AttentionFeatures.All;

    /// <summary>The layers whose scores are averaged into <c>detection_scores</c>. Default: those at 1/2 and 1/4 of the latent grid.</summary>
    public LayerSelection DetectionLayers { get; init; } = LayerSelection.Detection;

    /// <summary>The layers that obey <c>token_scale</c>. Default: all.</summary>
    public LayerSelection ReweightedLayers { get; init; } = LayerSelection.All;

    /// <summary>The layers that are inhibited. Default: all.</summary>
    public LayerSelection InhibitedLayers { get; init; } = LayerSelection.All;
}
