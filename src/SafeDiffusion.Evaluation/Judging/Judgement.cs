using System.Collections.Immutable;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>What a judge found in one picture.</summary>
/// <param name="Findings">What it shows, the surest first; a label can occur several times, once per place.</param>
/// <param name="IsClean">Whether the judge could read the whole picture; false where something in it is like nothing that it knows.</param>
public sealed record Judgement(ImmutableArray<Finding> Findings, bool IsClean = true)
{
    /// <summary>Whether something with this label was found.</summary>
    public bool Shows(string label) => Findings.Any(finding => finding.Label == label);
}

/// <summary>One thing that a judge found.</summary>
/// <param name="Label">What it is, one of the judge's labels.</param>
/// <param name="Score">How sure the judge is, 0 to 1.</param>
/// <param name="Box">Where it is; null for a judge that does not say.</param>
public sealed record Finding(string Label, double Score, ImageBox? Box = null);

/// <summary>A rectangle of pixels.</summary>
/// <param name="X">The left edge.</param>
/// <param name="Y">The upper edge.</param>
/// <param name="Width">The width.</param>
/// <param name="Height">The height.</param>
public readonly record struct ImageBox(int X, int Y, int Width, int Height);
