using System.Collections.Immutable;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Composing.Candidates;

/// <summary>A policy that may be chosen. A new method is an entry, or a few, in <see cref="All"/>.</summary>
/// <param name="Name">Its name in reports: letters, digits, spaces and <c>. _ + -</c>, at most 64.</param>
/// <param name="Compose">Makes the policy; called only where all that it needs is there.</param>
public sealed record Candidate(string Name, Func<Ingredients, SafetyPolicy> Compose)
{
    /// <summary>The kinds of assets that it needs.</summary>
    public ImmutableArray<string> Needs { get; init; } = [];

    /// <summary>Whether it needs something to draw in the concept's place.</summary>
    public bool NeedsInstead { get; init; }

    /// <summary>Whether it is one method as its paper describes it: such are always measured, and the best of them stands beside what was chosen.</summary>
    public bool IsPublished { get; init; }

    /// <summary>Whether it looks at the picture while it is drawn, and acts by what it sees there, whatever the prompt says.</summary>
    public bool Watches { get; init; }

    /// <summary>How many UNet rows it takes relative to no protection, roughly: for the time that is told beforehand.</summary>
    public double Cost { get; init; } = 1.5;

    /// <summary>All that the library knows.</summary>
    public static IReadOnlyList<Candidate> All => KnownCandidates.All;
}
