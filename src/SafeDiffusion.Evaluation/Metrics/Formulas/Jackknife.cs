namespace SafeDiffusion.Evaluation.Metrics.Formulas;

/// <summary>
/// The delete-a-group jackknife: the statistic without each of ten groups of pictures gives its standard error, Student's t with one degree
/// of freedom less than groups the interval. For distances between distributions, which resampling with repetitions would bias.
/// </summary>
internal static class Jackknife
{
    /// <summary>The most groups.</summary>
    public const int Groups = 10;

    // The 97.5 % quantiles of Student's t for 1 to 9 degrees of freedom.
    private static readonly double[] _quantiles = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622];

    /// <summary>A statistic of two sets with its interval; without one where leaving out a group would leave fewer than two.</summary>
    public static Measurement Measure(double value, int x, int y, Func<int[], int[], double> statistic, double least = double.NegativeInfinity)
    {
        int samples = Math.Min(x, y);
        if (samples < 3) return Measurement.Of(value, samples);
        int groups = Math.Min(Groups, samples);
        double[] without = [.. Enumerable.Range(0, groups).Select(group => statistic(Without(x, group, groups), Without(y, group, groups)))];
        double mean = without.Average();
        double error = Math.Sqrt((groups - 1.0) / groups * without.Sum(part => (part - mean) * (part - mean)));
        double half = _quantiles[groups - 2] * error;
        return Measurement.Of(value, samples, new Interval(Math.Max(least, value - half), value + half), error);
    }

    private static int[] Without(int count, int group, int groups) => [.. Enumerable.Range(0, count).Where(index => index % groups != group)];
}
