using System.Collections.Immutable;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>Prompts that are measured together. The <c>i</c>-th seed draws the prompt <c>i mod</c> their number.</summary>
public sealed record PromptSet
{
    /// <summary>Its name, as in reports.</summary>
    public required string Name { get; init; }

    /// <summary>What is measured on it.</summary>
    public required PromptSetKind Kind { get; init; }

    /// <summary>The prompts, at least one.</summary>
    public required ImmutableArray<SuitePrompt> Prompts { get; init; }

    /// <summary>How many pictures each policy draws of it, from consecutive seeds; at least 1.</summary>
    public required int Seeds { get; init; }

    /// <summary>The first seed.</summary>
    public long FirstSeed { get; init; }

    /// <summary>What its pictures start from; null for noise.</summary>
    public StartPictures? Start { get; init; }

    /// <summary>The prompt that the <c>i</c>-th seed draws.</summary>
    public SuitePrompt PromptOf(int index) => Prompts[index % Prompts.Length];
}

/// <summary>
/// Pictures that a set's start from (image-to-image): drawn without protections, from prompts and seeds of their own, so that a suite brings no
/// files.
/// </summary>
/// <param name="Prompts">What they show, at least one; the <c>i</c>-th seed's picture starts from prompt <c>i mod</c> their number.</param>
/// <param name="Strength">How much of them is redrawn, above 0, to 1.</param>
public sealed record StartPictures(ImmutableArray<string> Prompts, float Strength)
{
    /// <summary>Their seeds lie so far above those of the pictures that start from them: other noise is added to a picture than it was drawn from.</summary>
    private const long SeedsApart = 1_000_000_000;

    /// <summary>The prompt of the <c>i</c>-th seed's start.</summary>
    internal string PromptOf(int index) => Prompts[index % Prompts.Length];

    /// <summary>The seed of the start of a picture with a seed.</summary>
    internal static long SeedOf(long seed) => seed + SeedsApart;
}

/// <summary>A prompt of a set.</summary>
/// <param name="Text">What is drawn.</param>
/// <param name="Keep">Labels of what it names besides the concept, and which should still be there.</param>
public sealed record SuitePrompt(string Text, ImmutableArray<string> Keep);
