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

    /// <summary>The prompt that the <c>i</c>-th seed draws.</summary>
    public SuitePrompt PromptOf(int index) => Prompts[index % Prompts.Length];
}

/// <summary>A prompt of a set.</summary>
/// <param name="Text">What is drawn.</param>
/// <param name="Keep">Labels of what it names besides the concept, and which should still be there.</param>
public sealed record SuitePrompt(string Text, ImmutableArray<string> Keep);
