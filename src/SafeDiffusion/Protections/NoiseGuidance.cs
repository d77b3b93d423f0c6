namespace SafeDiffusion.Protections;

/// <summary>A protection that adds a term to the guided noise prediction, in steps where it needs to.</summary>
public abstract record NoiseGuidance : Protection
{
    /// <summary>Makes the state of one picture's generation.</summary>
    /// <param name="context">The generation's settings; the place to ask for further rows.</param>
    /// <exception cref="Core.Errors.InvalidRequestException">The request does not allow this method to act.</exception>
    public abstract NoiseGuidanceState Begin(ProtectionContext context);

    private protected sealed override ProtectionKind Kind() => ProtectionKind.NoiseGuidance;
}
