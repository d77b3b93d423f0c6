namespace SafeDiffusion.Evaluation.Metrics.Formulas;

/// <summary>Wilson's score interval (1927) for a share: sound also for few samples and for shares of 0 and 1.</summary>
public static class WilsonInterval
{
    /// <summary>The standard normal distribution's 97.5 % quantile.</summary>
    internal const double Quantile = 1.959963984540054;

    /// <summary>The 95 % interval.</summary>
    /// <param name="count">How many, 0 to <paramref name="of"/>.</param>
    /// <param name="of">Of how many, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Interval Compute(int count, int of)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(of, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, of);
        double share = (double)count / of, squared = Quantile * Quantile;
        double centre = (share + squared / (2 * of)) / (1 + squared / of);
        double half = Quantile / (1 + squared / of) * Math.Sqrt(share * (1 - share) / of + squared / (4.0 * of * of));
        // Exact at the ends, where rounding would leave 1e-17.
        return new Interval(count == 0 ? 0 : centre - half, count == of ? 1 : centre + half);
    }
}
