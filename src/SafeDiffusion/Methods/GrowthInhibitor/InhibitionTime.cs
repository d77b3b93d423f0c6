namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>When an inhibitor acts, within its window.</summary>
public enum InhibitionTime
{
    /// <summary>In every step.</summary>
    Always,

    /// <summary>
    /// From the step on after the one in which a protection before it in the policy first detected its concept. A picture in which none is
    /// detected is the one without, to the bit.
    /// </summary>
    Detected,
}
