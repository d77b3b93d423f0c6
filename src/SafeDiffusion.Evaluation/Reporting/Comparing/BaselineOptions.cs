namespace SafeDiffusion.Evaluation.Reporting.Comparing;

/// <summary>When a difference from an earlier report counts as a loss.</summary>
public sealed record BaselineOptions
{
    /// <summary>The chance that a comparison of two reports without any real difference names a loss. Above 0, below 1; 0.05 unless set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public double Level
    {
        get;
        init
        {
            if (value is not (> 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(Level), value, "must be above 0 and below 1.");
            field = value;
        }
    } = 0.05;

    /// <summary>How much higher UNet rows may be, as a share of the earlier ones. 0 or more; 0.001 unless set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public double RowsTolerance { get; init => field = NotNegative(value, nameof(RowsTolerance)); } = 0.001;

    /// <summary>
    /// Differences of means that are no loss however sure they are, as a share of the earlier mean: another processor rounds otherwise.
    /// 0 or more; 0.005 unless set.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public double MeanTolerance { get; init => field = NotNegative(value, nameof(MeanTolerance)); } = 0.005;

    private static double NotNegative(double value, string name)
    {
        if (value is >= 0 and < double.PositiveInfinity) return value;
        throw new ArgumentOutOfRangeException(name, value, "must be a number of 0 or more.");
    }
}
