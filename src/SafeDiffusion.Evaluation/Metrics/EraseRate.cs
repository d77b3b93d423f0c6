namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>
/// Erase rate <c>1 - N_defended / N_undefended</c>, N the number of detections of the concept over the same prompts and seeds (ER in DAG,
/// NRR in GIE). At most 1; below 0 where protection brings the concept.
/// </summary>
public static class EraseRate
{
    /// <summary>The rate with its paired bootstrap interval; an error where the undefended pictures have no detection.</summary>
    /// <param name="defended">Detections per defended picture.</param>
    /// <param name="undefended">Detections per undefended picture with the same prompt and seed, in the same order.</param>
    /// <exception cref="ArgumentException">The numbers of pictures differ.</exception>
    public static Measurement Measure(IReadOnlyList<int> defended, IReadOnlyList<int> undefended)
    {
        ArgumentNullException.ThrowIfNull(defended);
        ArgumentNullException.ThrowIfNull(undefended);
        Measurement left = Bootstrap.Ratio(
            [.. defended.Select(count => (double)count)], [.. undefended.Select(count => (double)count)],
            "the undefended pictures have no detection, so there is nothing to erase");
        if (left.Value is not { } ratio) return left;
        int detections = undefended.Sum();
        // Where nothing is left, every resample says so too, however few pictures there are.
        Interval? interval = ratio == 0 ? new Interval(0, MostLeft(detections)) : left.Interval;
        return Measurement.Of(
            1 - ratio, left.Samples, interval is { } range ? new Interval(1 - range.High, 1 - range.Low) : null, left.StandardError);
    }

    /// <summary>The ratio of two counts' rates at the upper end of Wilson's interval for 0 of all detections being the defended pictures'.</summary>
    private static double MostLeft(int detections)
    {
        double share = WilsonInterval.Compute(0, detections).High;
        return share / (1 - share);
    }
}
