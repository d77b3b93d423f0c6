using SafeDiffusion.Composing.Reporting;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Composing;

/// <summary>What protecting a model came to.</summary>
public sealed record ProtectionOutcome
{
    /// <summary>The folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The policy that was written; null where every candidate missed a limit and none was forced.</summary>
    public required SafetyPolicy? Policy { get; init; }

    /// <summary>Whether a candidate was chosen that missed no limit when it was chosen, nor for sure when it was measured.</summary>
    public required bool Holds { get; init; }

    /// <summary>All figures.</summary>
    public required ProtectionReport Report { get; init; }

    /// <summary>The files that were written, the policy first.</summary>
    public required IReadOnlyList<string> Files { get; init; }
}
