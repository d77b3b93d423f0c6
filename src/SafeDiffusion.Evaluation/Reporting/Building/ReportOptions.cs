using SafeDiffusion.Evaluation.Metrics;

namespace SafeDiffusion.Evaluation.Reporting.Building;

/// <summary>What a report holds beyond what the results say.</summary>
public sealed record ReportOptions
{
    /// <summary>What the distances between feature distributions rest on; null for no such distances.</summary>
    public IFeatureExtractor? Features { get; init; }

    /// <summary>What scores picture and prompt; null for no such score.</summary>
    public IPictureTextScore? TextScore { get; init; }

    /// <summary>The most prompts and seeds per gallery, 0 to 1000; 6 unless set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int GalleryRows
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1000);
            field = value;
        }
    } = 6;
}
