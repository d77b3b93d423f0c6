using SafeDiffusion.Methods.LinearErasure;

namespace SafeDiffusion.Training.Erasing;

/// <summary>What came of learning an erasure.</summary>
/// <param name="Projection">The erasure.</param>
/// <param name="Measured">How well it does on prompts that were held out.</param>
public sealed record LearnedErasure(ErasureProjection Projection, ErasureMeasures Measured)
{
    /// <summary>The condition number of the solved matrix, the ratio of its extreme eigenvalues; null for the kernel map.</summary>
    public double? Condition { get; init; }

    /// <summary>How many directions of the preserved states the null-space form leaves alone; null for the others.</summary>
    public int? Rank { get; init; }

    /// <summary>The prompts with the concept that it was learned from.</summary>
    public IReadOnlyList<string> ConceptPrompts { get; init; } = [];

    /// <summary>The prompts that it was to leave as they are.</summary>
    public IReadOnlyList<string> HarmlessPrompts { get; init; } = [];

    /// <summary>Those of <see cref="ErasedConcept.Prompts"/> that were not learned from: every token of theirs is one that harmless prompts have, or they are too long.</summary>
    public IReadOnlyList<string> SkippedPrompts { get; init; } = [];
}

/// <summary>What an erasure does to texts that it was not learned from.</summary>
public sealed record ErasureMeasures
{
    /// <summary>Held-out prompts with the concept.</summary>
    public required int ConceptPrompts { get; init; }

    /// <summary>How many of them open the gate; all of them where there is none.</summary>
    public required int ConceptOpened { get; init; }

    /// <summary>Held-out prompts without it, near misses among them.</summary>
    public required int HarmlessPrompts { get; init; }

    /// <summary>How many of them open the gate; all of them where there is none.</summary>
    public required int HarmlessOpened { get; init; }

    /// <summary>What is left of the way from the concept's states to the safe ones: the norm of the difference after, relative to that before; 0 for all erased.</summary>
    public required double Left { get; init; }

    /// <summary>The norm of the change of harmless states, relative to theirs.</summary>
    public required double HarmlessChange { get; init; }
}
