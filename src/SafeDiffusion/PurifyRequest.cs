using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Policies;

namespace SafeDiffusion;

/// <summary>A real picture to clean of a concept, and how. Immutable; checked before anything is drawn.</summary>
/// <param name="Image">The picture. A side that the model does not draw is padded by the picture's own edge, and cropped back.</param>
/// <param name="Policy">The protections that clean it; at least one that acts.</param>
public sealed record PurifyRequest(RgbImage Image, SafetyPolicy Policy)
{
    /// <summary>The share of the noise levels that the picture is taken up where nothing else is said: 0.8.</summary>
    public const float DefaultStrength = 0.8f;

    /// <summary>How far the region reaches beyond what is detected where nothing else is said: 1 latent position.</summary>
    public const int DefaultDilation = 1;

    /// <summary>The most that the region may be made to reach further: 64 latent positions.</summary>
    public const int MaxDilation = 64;

    /// <summary>How far up the noise levels the picture is taken, above 0 to 1: the share of the steps that are taken. More removes more, and changes more.</summary>
    public float Strength { get; init; } = DefaultStrength;

    /// <summary>Steps of the whole schedule, 1 to the scheduler's number of training steps.</summary>
    public int Steps { get; init; } = GenerationRequest.DefaultSteps;

    /// <summary>The guidance scale of the protections, at least 1.</summary>
    public float GuidanceScale { get; init; } = GenerationRequest.DefaultGuidanceScale;

    /// <summary>What the picture is to show, where that is known; empty, the default, for the null text.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>The text that the picture is inverted under; empty, the default, for the null text. With the concept's, what it explains is least kept.</summary>
    public string InversionText { get; init; } = "";

    /// <summary>The region that may change; <see cref="PurifyRegion.Auto"/> by default.</summary>
    public PurifyRegion Region { get; init; } = PurifyRegion.Auto;

    /// <summary>How many latent positions beyond what is detected may change, 0 to <see cref="MaxDilation"/>.</summary>
    public int Dilation { get; init; } = DefaultDilation;

    /// <summary>The seed of the noise that detection adds to look, and of nothing else.</summary>
    public long Seed { get; init; }
}

/// <summary>Which part of a picture <see cref="SafeDiffusionPipeline.PurifyAsync"/> may change.</summary>
public enum PurifyRegion
{
    /// <summary>Where the policy's guidelines detect, if every protection that acts has one; else everywhere, so that none is shut out.</summary>
    Auto,

    /// <summary>Where the policy's guidelines detect, whatever other protections there are: those act there alone.</summary>
    Detected,

    /// <summary>Everywhere.</summary>
    Everywhere,
}
