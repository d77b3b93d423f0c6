using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>What a run came to.</summary>
public sealed record EvaluationOutcome
{
    /// <summary>The run's folder.</summary>
    public required string Folder { get; init; }

    /// <summary>What was run.</summary>
    public required RunDescription Description { get; init; }

    /// <summary>The results, in the report's order: by set, then seed, then policy.</summary>
    public required IReadOnlyList<PictureResult> Results { get; init; }

    /// <summary>Results that are missing because they are other shards'.</summary>
    public int Missing { get; init; }

    /// <summary>Pictures of earlier results that were gone or damaged, and were drawn again: each with its file and what was wrong.</summary>
    public IReadOnlyList<string> DrawnAgain { get; init; } = [];

    /// <summary>Whether the report needs networks that the suite names.</summary>
    public bool HasNetworks { get; init; }

    /// <summary>UNet rows that were evaluated now.</summary>
    public long Rows { get; init; }

    /// <summary>The time that they took, with decoding, judging and writing.</summary>
    public TimeSpan Elapsed { get; init; }
}
