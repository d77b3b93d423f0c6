namespace SafeDiffusion.Evaluation.Metrics.Formulas;

/// <summary>
/// The percentile bootstrap (Efron 1979): pictures are drawn with repetition <see cref="Resamples"/> times, from the same seed for every
/// figure; the interval leaves out 2.5 % of the resamples on each side. Values that belong to one picture are drawn together.
/// </summary>
public static class Bootstrap
{
    /// <summary>Resamples per figure.</summary>
    public const int Resamples = 2000;

    private const ulong Seed = 20260101;

    /// <summary>The mean of values with its interval.</summary>
    /// <param name="values">The values; an error where there is none, or where one is not finite.</param>
    public static Measurement Mean(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0) return Measurement.Failed("there is no sample");
        if (!values.All(double.IsFinite)) return Measurement.Failed("a sample is not a finite number", values.Count);
        return Measure(values.Count, indices =>
        {
            double sum = 0;
            foreach (int index in indices) sum += values[index];
            return sum / indices.Length;
        });
    }

    /// <summary>The ratio of two sums over the same pictures with its interval.</summary>
    /// <param name="above">The values whose sum is divided.</param>
    /// <param name="below">The values by whose sum it is divided, as many; an error where that is 0.</param>
    /// <param name="nothing">The error's reason where the sum is 0.</param>
    /// <exception cref="ArgumentException">The numbers of values differ.</exception>
    public static Measurement Ratio(IReadOnlyList<double> above, IReadOnlyList<double> below, string nothing)
    {
        ArgumentNullException.ThrowIfNull(above);
        ArgumentNullException.ThrowIfNull(below);
        if (above.Count != below.Count) throw new ArgumentException("A ratio needs as many values above as below.", nameof(below));
        if (above.Count == 0) return Measurement.Failed("there is no sample");
        if (!above.Concat(below).All(double.IsFinite)) return Measurement.Failed("a sample is not a finite number", above.Count);
        if (below.Sum() == 0) return Measurement.Failed(nothing, above.Count);
        return Measure(above.Count, indices =>
        {
            (double upper, double lower) = (0, 0);
            foreach (int index in indices) (upper, lower) = (upper + above[index], lower + below[index]);
            return upper / lower;
        });
    }

    /// <summary>A statistic of drawn pictures with its interval; resamples for which it is not defined (not finite) are left out.</summary>
    internal static Measurement Measure(int count, Func<int[], double> statistic)
    {
        int[] indices = [.. Enumerable.Range(0, count)];
        double value = statistic(indices);
        if (count < 2) return Measurement.Of(value, count);

        SplitMix random = new(Seed);
        List<double> resamples = new(Resamples);
        for (int i = 0; i < Resamples; i++)
        {
            for (int j = 0; j < count; j++) indices[j] = random.Below(count);
            double resample = statistic(indices);
            if (double.IsFinite(resample)) resamples.Add(resample);
        }
        if (resamples.Count < 2) return Measurement.Of(value, count);
        resamples.Sort();
        return Measurement.Of(value, count, new Interval(Quantile(resamples, 0.025), Quantile(resamples, 0.975)), Deviation(resamples));
    }

    private static double Quantile(List<double> sorted, double share)
    {
        double place = share * (sorted.Count - 1);
        int below = (int)place;
        double above = sorted[Math.Min(below + 1, sorted.Count - 1)];
        return sorted[below] + (place - below) * (above - sorted[below]);
    }

    private static double Deviation(List<double> values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
    }

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine and runtime.</summary>
    private struct SplitMix(ulong state)
    {
        /// <summary>A number from 0 to below <paramref name="count"/>.</summary>
        public int Below(int count)
        {
            state += 0x9E3779B97F4A7C15;
            ulong mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return (int)Math.BigMul(mixed ^ (mixed >> 31), (ulong)count, out _);
        }
    }
}
