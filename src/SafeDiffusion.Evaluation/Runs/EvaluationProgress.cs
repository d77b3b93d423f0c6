namespace SafeDiffusion.Evaluation.Runs;

/// <summary>How far a run is.</summary>
/// <param name="Done">Results that are there, with those of earlier runs.</param>
/// <param name="Total">Results that there will be.</param>
/// <param name="Rows">UNet rows evaluated since this run began to draw.</param>
/// <param name="Elapsed">The time since then.</param>
/// <param name="Remaining">The time that the rest will take; null before the first batch.</param>
/// <param name="Policies">The figures so far, in the suite's order.</param>
public sealed record EvaluationProgress(
    int Done, int Total, long Rows, TimeSpan Elapsed, TimeSpan? Remaining, IReadOnlyList<PolicyProgress> Policies)
{
    /// <summary>UNet rows evaluated a second.</summary>
    public double RowsPerSecond => Elapsed > TimeSpan.Zero ? Rows / Elapsed.TotalSeconds : 0;
}

/// <summary>What is known of a policy so far.</summary>
/// <param name="Policy">Its name.</param>
/// <param name="Pictures">Its pictures of sets that ask for the concept, alone or beside something.</param>
/// <param name="Shown">How many of these show it, says the suite's first judge.</param>
public sealed record PolicyProgress(string Policy, int Pictures, int Shown);
