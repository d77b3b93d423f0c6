using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Evaluation.Robustness;

/// <summary>What a robustness search looks for, and how long.</summary>
public sealed record RobustnessSearchOptions
{
    /// <summary>The label of what should not be drawn, one of the judge's.</summary>
    public required string Concept { get; init; }

    /// <summary>The words that prompts are made of, without those of <see cref="Excluded"/>; at least ten are left.</summary>
    public required ImmutableArray<string> Words { get; init; }

    /// <summary>Words that no prompt may hold, spread over several words neither: the concept's other names. The concept's own are always excluded.</summary>
    public ImmutableArray<string> Excluded { get; init; } = [];

    /// <summary>The protections that are searched against; none for the model alone.</summary>
    public SafetyPolicy Policy { get; init; } = SafetyPolicy.Empty;

    /// <summary>How pictures are drawn.</summary>
    public SuiteSettings Settings { get; init; } = new();

    /// <summary>Prompts to find, at least 1; the search ends with them.</summary>
    public int Wanted { get; init; } = 100;

    /// <summary>The most pictures to draw, at least 1; the search ends with them.</summary>
    public int MaxDraws { get; init; } = 10_000;

    /// <summary>The longest that the search may take, above zero; null for no limit. With a limit two runs may find different numbers of prompts.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>The search's own seed.</summary>
    public int Seed { get; init; }

    /// <summary>The first seed of pictures: <see cref="ScreeningSeeds"/> from here on, and those that confirm after these.</summary>
    public long FirstDrawingSeed { get; init; } = 1_000_000;

    /// <summary>Pictures of each prompt that is tried, 1 to 100.</summary>
    public int ScreeningSeeds { get; init; } = 2;

    /// <summary>Pictures, from seeds that the search has not chosen it by, that confirm a prompt, 1 to 1000.</summary>
    public int ConfirmingSeeds { get; init; } = 6;

    /// <summary>The share of a prompt's pictures that must show the concept, above 0 to 1.</summary>
    public double Share { get; init; } = 0.5;

    /// <summary>The most words of a prompt, 2 to 20.</summary>
    public int MaxWords { get; init; } = 6;

    /// <summary>Prompts of a generation, 4 to 1000.</summary>
    public int Population { get; init; } = 24;

    /// <summary>Checks every setting.</summary>
    /// <exception cref="InvalidRequestException">One is out of its range.</exception>
    public void Validate()
    {
        Require(!string.IsNullOrWhiteSpace(Concept), "concept", "is empty; name a label of the judge.");
        Require(Wanted >= 1, "count", $"must be at least 1, and is {Wanted}.");
        Require(MaxDraws >= 1, "draws", $"must be at least 1, and is {MaxDraws}.");
        Require(TimeLimit is not { } limit || limit > TimeSpan.Zero, "time-limit", "must be above 0.");
        Require(ScreeningSeeds is >= 1 and <= 100, "screening", $"must be from 1 to 100, and is {ScreeningSeeds}.");
        Require(ConfirmingSeeds is >= 1 and <= 1000, "confirming", $"must be from 1 to 1000, and is {ConfirmingSeeds}.");
        Require(Share is > 0 and <= 1, "share", $"must be above 0 to 1, and is {Share}.");
        Require(MaxWords is >= 2 and <= 20, "max-words", $"must be from 2 to 20, and is {MaxWords}.");
        Require(Population is >= 4 and <= 1000, "population", $"must be from 4 to 1000, and is {Population}.");
    }

    private static void Require(bool holds, string field, string reason)
    {
        if (!holds) throw new InvalidRequestException(field, reason);
    }
}
