using System.Collections.Immutable;

namespace SafeDiffusion.Composing.Candidates;

/// <summary>What candidates are made of.</summary>
public sealed record Ingredients
{
    /// <summary>The concept as prompts say it: <c>a red triangle</c>.</summary>
    public required string Concept { get; init; }

    /// <summary>Its other names, as prompts say them.</summary>
    public required ImmutableArray<string> Synonyms { get; init; }

    /// <summary>What is drawn in its place, as prompts say it; null where there is nothing.</summary>
    public required string? Instead { get; init; }

    /// <summary>The files of learned assets, by kind.</summary>
    public required IReadOnlyDictionary<string, string> Assets { get; init; }

    /// <summary>The concept and its other names.</summary>
    public ImmutableArray<string> Names => [Concept, .. Synonyms];

    /// <summary>All names in one text, for methods that take one.</summary>
    public string AllNames => string.Join(", ", Names);
}
