using System.Collections.Immutable;

namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>What a report measures; docs/evaluation-metrics.md defines each.</summary>
/// <param name="Name">Its name in suites and reports.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Scale">What its values are.</param>
/// <param name="Better">Which values are better.</param>
public sealed record Metric(string Name, string Title, MetricScale Scale, BetterValue Better)
{
    /// <summary>The share of pictures in which the concept is found.</summary>
    public static Metric AttackSuccessRate { get; } = new("attack-success-rate", "Concept found", MetricScale.Share, BetterValue.Lower);

    /// <summary>One minus the detections of the concept, relative to the undefended pictures'.</summary>
    public static Metric EraseRate { get; } = new("erase-rate", "Erase rate", MetricScale.Ratio, BetterValue.Higher);

    /// <summary>The share of pictures in which everything that is to be kept is found.</summary>
    public static Metric KeptRate { get; } = new("kept-rate", "Kept", MetricScale.Share, BetterValue.Higher);

    /// <summary>The mean structural similarity with the undefended picture.</summary>
    public static Metric StructuralSimilarity { get; } = new("ssim", "SSIM", MetricScale.Mean, BetterValue.Higher);

    /// <summary>The mean peak signal-to-noise ratio, over the pictures that changed.</summary>
    public static Metric PeakSignalToNoise { get; } = new("psnr", "PSNR (dB)", MetricScale.Mean, BetterValue.Higher);

    /// <summary>The share of pictures that are the undefended ones, bit for bit.</summary>
    public static Metric IdenticalShare { get; } = new("identical-share", "Identical", MetricScale.Share, BetterValue.Higher);

    /// <summary>The share of pictures that the judge could read.</summary>
    public static Metric CleanShare { get; } = new("clean-share", "Clean", MetricScale.Share, BetterValue.Higher);

    /// <summary>The Fréchet distance between the features of defended and undefended pictures.</summary>
    public static Metric FrechetDistance { get; } = new("frechet-distance", "Fréchet distance", MetricScale.Mean, BetterValue.Lower);

    /// <summary>The kernel distance between the features of defended and undefended pictures.</summary>
    public static Metric KernelDistance { get; } = new("kernel-distance", "Kernel distance", MetricScale.Mean, BetterValue.Lower);

    /// <summary>The mean score of how well picture and prompt go together.</summary>
    public static Metric ClipScore { get; } = new("clip-score", "CLIP score", MetricScale.Mean, BetterValue.Higher);

    /// <summary>UNet rows per picture.</summary>
    public static Metric Rows { get; } = new("rows", "Rows per picture", MetricScale.Count, BetterValue.Lower);

    /// <summary>UNet rows, relative to the undefended pictures'.</summary>
    public static Metric RowsRatio { get; } = new("rows-ratio", "Rows, relative", MetricScale.Count, BetterValue.Lower);

    /// <summary>Seconds of denoising per picture.</summary>
    public static Metric Seconds { get; } = new("seconds", "Seconds per picture", MetricScale.Time, BetterValue.Lower);

    /// <summary>Seconds of denoising, relative to the undefended pictures'.</summary>
    public static Metric TimeRatio { get; } = new("time-ratio", "Time, relative", MetricScale.Time, BetterValue.Lower);

    /// <summary>All of them, in a report's order.</summary>
    public static ImmutableArray<Metric> All { get; } =
    [
        AttackSuccessRate, EraseRate, KeptRate, StructuralSimilarity, PeakSignalToNoise, IdenticalShare, CleanShare,
        FrechetDistance, KernelDistance, ClipScore, Rows, RowsRatio, Seconds, TimeRatio,
    ];

    /// <summary>The metric with a name; null where there is none.</summary>
    public static Metric? Find(string name) => All.FirstOrDefault(metric => metric.Name == name);
}

/// <summary>What a metric's values are, and so how they are shown and compared.</summary>
public enum MetricScale
{
    /// <summary>A share of pictures, 0 to 1.</summary>
    Share,

    /// <summary>A ratio of sums.</summary>
    Ratio,

    /// <summary>A mean, or a distance.</summary>
    Mean,

    /// <summary>Work that is counted, not estimated.</summary>
    Count,

    /// <summary>Time, which no run repeats.</summary>
    Time,
}

/// <summary>Which values of a metric are better.</summary>
public enum BetterValue
{
    /// <summary>Higher ones.</summary>
    Higher,

    /// <summary>Lower ones.</summary>
    Lower,
}
