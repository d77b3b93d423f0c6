namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>What a metric's values are, and so how they are compared with an earlier report's.</summary>
public enum MetricScale
{
    /// <summary>A share of pictures, 0 to 1: by Fisher's exact test.</summary>
    Share,

    /// <summary>A ratio of sums: by standard errors.</summary>
    Ratio,

    /// <summary>A mean, or a distance: by standard errors.</summary>
    Mean,

    /// <summary>Work that is counted, not estimated: by a tolerance.</summary>
    Count,

    /// <summary>Time, which no run repeats: not at all.</summary>
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

/// <summary>The network that a metric rests on.</summary>
public enum MetricNetwork
{
    /// <summary>No network, or a judge's.</summary>
    None,

    /// <summary>The one that makes features of pictures.</summary>
    Features,

    /// <summary>The one that scores picture and prompt.</summary>
    TextScore,
}
