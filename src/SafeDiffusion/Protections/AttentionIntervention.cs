using System.Collections.Immutable;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Protections;

/// <summary>
/// A protection that acts inside cross-attention: it edits the attention inputs of the prompt's row, and of no other, and reads responses.
/// <see cref="Protection.Requirements"/> names the features that it needs.
/// </summary>
public abstract record AttentionIntervention : Protection
{
    /// <summary>Makes the state of one picture's generation.</summary>
    /// <param name="context">The generation's settings.</param>
    /// <exception cref="Core.Errors.InvalidRequestException">The request does not allow this method to act.</exception>
    public abstract AttentionInterventionState Begin(ProtectionContext context);

    /// <summary>Where it chooses its scale itself, the one from which on it is known to erase; null where it does not, or nothing is known.</summary>
    internal virtual float? EffectiveScale => null;

    private protected sealed override ProtectionKind Kind() => ProtectionKind.AttentionIntervention;
}

/// <summary>An attention intervention at work on one picture.</summary>
public abstract class AttentionInterventionState
{
    /// <summary>
    /// The steps in which it can act at all, of its parts that of the one that is reached least; every step by default. Where none of them is
    /// taken the picture is refused, since nothing would protect it.
    /// </summary>
    public virtual StepWindow ActiveSteps => StepWindow.Always;

    /// <summary>Edits the prompt's row for a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="prompt">
    /// The row as the interventions before this one in the policy have left it; neutral for the first. The same object as in the step before
    /// where none of them has changed it.
    /// </param>
    /// <returns>
    /// The row to evaluate: <paramref name="prompt"/> itself to leave it as it is, else a copy made with <c>with</c>; the same copy again as
    /// long as nothing changes, since a new one is written to the UNet's buffers anew.
    /// </returns>
    public abstract RowInputs Edit(in DenoisingStep step, RowInputs prompt);

    /// <summary>
    /// Whether, now that the step's first predictions are known, the prompt's row is to be edited and evaluated once more: for a method that
    /// must read responses before it knows what to do. False by default. Asked once a step; where any intervention says so all are asked to
    /// edit the row of this step again, and the report counts one row more.
    /// </summary>
    /// <param name="step">The step.</param>
    /// <param name="predictions">The step's predictions so far.</param>
    public virtual bool Reconsider(in DenoisingStep step, StepPredictions predictions) => false;

    /// <summary>Says what it did, once the step's rows are evaluated.</summary>
    /// <param name="step">The step.</param>
    /// <param name="predictions">The step's predictions; <see cref="StepPredictions.InhibitorResponse"/> reads what inhibitors respond to.</param>
    public abstract InterventionOutcome Conclude(in DenoisingStep step, StepPredictions predictions);
}

/// <summary>What an attention intervention did in a step.</summary>
/// <param name="HasActed">Whether it changed the prompt's row.</param>
/// <param name="Reason">Why it did not, or which part of it did not, for the report; null where all of it did.</param>
public readonly record struct InterventionOutcome(bool HasActed, string? Reason)
{
    /// <summary>The scale that it acted with.</summary>
    public float Scale { get; init; }

    /// <summary>What the attention responded, by the method's own measure; null for a method that reads nothing.</summary>
    public float? Response { get; init; }

    /// <summary>What it did by part, such as a concept of several; empty for a method of one part.</summary>
    public ImmutableArray<InterventionPart> Parts { get; init; } = [];

    /// <summary>The names of the cross-attention layers that it acted in; empty for all of them.</summary>
    public ImmutableArray<string> Layers { get; init; } = [];

    /// <summary>The share of the picture that it acted in, 0 to 1; null for everywhere.</summary>
    public float? Area { get; init; }

    /// <summary>It has changed the row, with a scale.</summary>
    public static InterventionOutcome Acted(float scale, float? response = null) => new(true, null) { Scale = scale, Response = response };

    /// <summary>It has left the row as it was, for a reason such as <c>"outside window"</c>.</summary>
    public static InterventionOutcome NotActed(string reason) => new(false, reason);
}

/// <summary>What a part of an attention intervention did in a step.</summary>
/// <param name="Name">What tells it from the others, such as its concept.</param>
/// <param name="Scale">The scale that it acted with; 0 where it did not.</param>
/// <param name="Response">What the attention responded to it; null where nothing was read.</param>
/// <param name="Reason">Why it did not act by itself; null where it did, and where the whole intervention did not.</param>
public sealed record InterventionPart(string Name, float Scale, float? Response = null, string? Reason = null);
