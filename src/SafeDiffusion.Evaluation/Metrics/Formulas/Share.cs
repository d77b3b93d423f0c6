namespace SafeDiffusion.Evaluation.Metrics.Formulas;

/// <summary>Shares of pictures, with Wilson's interval: attack success rate, kept rate, share of identical or clean pictures.</summary>
public static class Share
{
    /// <summary>A share; an error where there is no picture.</summary>
    /// <param name="count">How many pictures, 0 to <paramref name="of"/>.</param>
    /// <param name="of">Of how many, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Measurement Measure(int count, int of)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(of);
        if (of == 0) return Measurement.Failed("there is no sample");
        double share = (double)count / of;
        return Measurement.Of(share, of, WilsonInterval.Compute(count, of), Math.Sqrt(share * (1 - share) / of));
    }
}
