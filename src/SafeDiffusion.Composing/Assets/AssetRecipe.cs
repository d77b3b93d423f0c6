namespace SafeDiffusion.Composing.Assets;

/// <summary>How an asset is learned that candidates need. A new kind of asset is an entry in <see cref="All"/>.</summary>
public sealed record AssetRecipe
{
    /// <summary>A detector of the concept, for detect-and-guide and what waits for detection.</summary>
    public const string Guideline = "guideline";

    /// <summary>A map of text states, for text erasure.</summary>
    public const string Erasure = "erasure";

    /// <summary>The asset's kind, as candidates name it.</summary>
    public required string Kind { get; init; }

    /// <summary>What else decides what is learned, counted up whenever the recipe changes.</summary>
    public required int Version { get; init; }

    /// <summary>Why it cannot be learned from a task, as a clause; null where it can.</summary>
    public required Func<LearningTask, string?> Fault { get; init; }

    /// <summary>How many pictures learning draws.</summary>
    public required Func<LearningTask, int> Pictures { get; init; }

    /// <summary>Learns it, and writes the file whole or not at all.</summary>
    /// <returns>How good it is, in a sentence.</returns>
    public required Func<LearningTask, string, IProgress<double>?, CancellationToken, Task<string>> LearnAsync { get; init; }

    /// <summary>All of them.</summary>
    public static IReadOnlyList<AssetRecipe> All { get; } = [GuidelineRecipe.Create(), TextErasureRecipe.Create()];
}
