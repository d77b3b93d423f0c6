namespace SafeDiffusion.Protections;

/// <summary>A protection that watches a picture being drawn and changes nothing: it detects, or records for learning.</summary>
public abstract record Observer : Protection
{
    /// <summary>Makes the state of one picture's generation.</summary>
    /// <param name="context">The generation's settings; the place to ask for detection scores.</param>
    /// <exception cref="Core.Errors.InvalidRequestException">The request does not allow this method to act.</exception>
    public abstract ObserverState Begin(ProtectionContext context);

    private protected sealed override ProtectionKind Kind() => ProtectionKind.Observer;
}

/// <summary>An observer at work on one picture.</summary>
public abstract class ObserverState
{
    /// <summary>The detection map of the last step, <c>[H, W]</c> from 0 to 1 on the latent grid, for heat maps; empty for an observer that detects nothing.</summary>
    public virtual ReadOnlySpan<float> DetectionMap => [];

    /// <summary>Looks at a step. The prompt's row is always there.</summary>
    /// <returns>What was detected, for the report; null for an observer that detects nothing.</returns>
    public abstract DetectionReading? Observe(in DenoisingStep step, StepPredictions predictions);

    /// <inheritdoc cref="NoiseGuidanceState.LookAtFinished"/>
    public virtual DetectionReading? LookAtFinished(int timestep, StepPredictions predictions) => null;
}
