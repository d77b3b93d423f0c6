using System.Collections.Immutable;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;

namespace SafeDiffusion.Protections;

/// <summary>What a protection, or a whole policy, needs; what is not there is refused before step 0.</summary>
public sealed record Requirements
{
    /// <summary>Nothing.</summary>
    public static Requirements None { get; } = new();

    /// <summary>What the UNet's cross-attention must be instrumented for.</summary>
    public AttentionFeatures Features { get; init; }

    /// <summary>The cross-attention layers that detection reads; null for whichever the pipeline reads.</summary>
    public LayerSelection? DetectionLayers { get; init; }

    /// <summary>Whether it says of a finished picture if it shows the concept, so that a policy can act on it.</summary>
    public bool Detects { get; init; }

    /// <summary>Whether it acts only when or where a protection before it in the policy detects its concept; without one the policy is refused.</summary>
    public bool WaitsForDetection { get; init; }

    /// <summary>The learned assets that it acts with.</summary>
    public ImmutableArray<RequiredAsset> Assets { get; init; } = [];

    /// <summary>What both need.</summary>
    internal Requirements And(Requirements other) => new()
    {
        Features = Features | other.Features,
        DetectionLayers = DetectionLayers ?? other.DetectionLayers,
        Detects = Detects || other.Detects,
        WaitsForDetection = WaitsForDetection || other.WaitsForDetection,
        Assets = Assets.AddRange(other.Assets),
    };
}

/// <summary>A learned asset that a protection acts with.</summary>
/// <param name="Asset">The asset.</param>
/// <param name="AllowOtherModel">Whether it is used with another model than it was learned with.</param>
public sealed record RequiredAsset(LearnedAsset Asset, bool AllowOtherModel = false);
