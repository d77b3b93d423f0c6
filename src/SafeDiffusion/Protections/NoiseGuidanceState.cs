namespace SafeDiffusion.Protections;

/// <summary>A noise guidance at work on one picture. Answers, in every step, what it needs and what it adds.</summary>
public abstract class NoiseGuidanceState
{
    /// <summary>
    /// The detection map of the last step, <c>[H, W]</c> from 0 to 1 on the latent grid, for heat maps; empty for a method that detects
    /// nothing.
    /// </summary>
    public virtual ReadOnlySpan<float> DetectionMap => [];

    /// <summary>
    /// The steps in which it can act at all, of its parts that of the one that is reached least; every step by default. Where none of them is
    /// taken the picture is refused, since nothing would protect it.
    /// </summary>
    public virtual StepWindow ActiveSteps => StepWindow.Always;

    /// <summary>
    /// Whether its term grows with the guidance scale, as the prompt's does; false by default. A request with a high guidance scale outweighs a
    /// term that does not, and is told so.
    /// </summary>
    public virtual bool GrowsWithGuidance => false;

    /// <summary>The rows that this step surely needs; they are evaluated in one batch.</summary>
    public abstract RowSet SurelyNeeds(in DenoisingStep step);

    /// <summary>
    /// Further rows that this step turns out to need, once those that it surely needs are evaluated; none by default.
    /// </summary>
    public virtual RowSet AlsoNeeds(in DenoisingStep step, StepPredictions predictions) => RowSet.None;

    /// <summary>Computes the term that is added to <c>u + g (p - u)</c>.</summary>
    /// <param name="step">The step.</param>
    /// <param name="predictions">The noise predictions that were asked for, <c>[C, H, W]</c> each.</param>
    /// <param name="term">The term to fill, <c>[C, H, W]</c>; holds anything on entry, and is ignored unless the outcome is guided.</param>
    /// <returns>Whether the term is to be added, and if not, why.</returns>
    public abstract GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term);

    /// <summary>
    /// Looks at the finished picture, which is noised a little once more for that: whether the concept shows, for a policy that acts on it and
    /// for the report.
    /// </summary>
    /// <param name="timestep">The training timestep that the picture was noised to.</param>
    /// <param name="predictions">
    /// The null text's row in the prompt's place. The picture may have been enlarged, so that maps are larger than <see cref="ProtectionContext.Shape"/> says.
    /// </param>
    /// <returns>What was detected; null for a method that detects nothing.</returns>
    public virtual DetectionReading? LookAtFinished(int timestep, StepPredictions predictions) => null;
}

/// <summary>What a noise guidance did in a step.</summary>
/// <param name="IsGuided">Whether its term is added.</param>
/// <param name="Reason">Why it is not, or which part of it is missing, for the report; null where it is whole.</param>
public readonly record struct GuidanceOutcome(bool IsGuided, string? Reason)
{
    /// <summary>What was detected; null for a method that detects nothing.</summary>
    public DetectionReading? Detection { get; init; }

    /// <summary>The term is added.</summary>
    public static GuidanceOutcome Guided { get; } = new(true, null);

    /// <summary>No term in this step, for a reason such as <c>"warm-up"</c>.</summary>
    public static GuidanceOutcome NotGuided(string reason) => new(false, reason);
}

/// <summary>What a detection map says in a step.</summary>
/// <param name="Maximum">The map's greatest value, 0 to 1.</param>
/// <param name="Area">The share of the picture that shows the concept, 0 to 1.</param>
public readonly record struct DetectionReading(float Maximum, float Area);
