namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>Where in the picture an inhibitor acts.</summary>
public enum InhibitionPlace
{
    /// <summary>Everywhere.</summary>
    Everywhere,

    /// <summary>
    /// Where a protection before it in the policy has detected its concept in some step before, and around it. A picture in which none is
    /// detected is the one without, to the bit.
    /// </summary>
    Detected,
}
