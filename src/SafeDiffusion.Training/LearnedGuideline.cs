using System.Collections.Immutable;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Detection;
using SafeDiffusion.Training.Measuring;

namespace SafeDiffusion.Training;

/// <summary>What came of learning.</summary>
/// <param name="Guideline">The guideline; <see cref="Guideline.Measured"/> holds the separation too.</param>
/// <param name="Separation">How well it separates on held-out pictures.</param>
/// <param name="Sheet">Held-out pictures, and beside each its map in an early, a middle and a late step laid over it.</param>
public sealed record LearnedGuideline(Guideline Guideline, Separation Separation, RgbImage Sheet)
{
    /// <summary>Where the guideline is not good enough to rely on, by the held-out pictures, and what to add; empty where it is.</summary>
    public ImmutableArray<string> Shortcomings { get; } = [.. Measuring.Shortcomings.Of(Separation)];
}
