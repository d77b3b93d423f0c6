using MathNet.Numerics;
using MathNet.Numerics.Distributions;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;

namespace SafeDiffusion.Evaluation.Reporting.Comparing;

/// <summary>Tells losses from chance.</summary>
internal static class FigureTests
{
    /// <summary>Which figures are worse: those that are gone, rows beyond the tolerance, and what Holm's procedure (1979) rejects of the rest.</summary>
    public static bool[] Lost(FigurePair[] pairs, BaselineOptions options)
    {
        bool[] lost = new bool[pairs.Length];
        List<(int Index, double Chance)> tests = [];
        for (int i = 0; i < pairs.Length; i++)
        {
            FigurePair pair = pairs[i];
            if (pair.Now?.Value is not { } now) lost[i] = pair.Now?.Error is not { } error || error != pair.Metric.HarmlessError;
            else if (pair.Metric.Scale == MetricScale.Count) lost[i] = now > pair.Before.Value * (1 + options.RowsTolerance);
            else tests.Add((i, Chance(pair.Metric, pair.Before, pair.Now, options)));
        }
        tests.Sort((x, y) => x.Chance.CompareTo(y.Chance));
        for (int rank = 0; rank < tests.Count && tests[rank].Chance <= options.Level / (tests.Count - rank); rank++) lost[tests[rank].Index] = true;
        return lost;
    }

    /// <summary>The chance of a difference so bad or worse where there is none: a one-sided p-value.</summary>
    public static double Chance(Metric metric, Measurement before, Measurement now, BaselineOptions options) => metric.Scale == MetricScale.Share
        ? ShareChance(metric, before, now)
        : MeanChance(metric, before, now, options);

    /// <summary>Fisher's exact test: the hypergeometric tail.</summary>
    private static double ShareChance(Metric metric, Measurement before, Measurement now)
    {
        (int bad, int badBefore) = (Bad(metric, now), Bad(metric, before));
        int all = now.Samples + before.Samples, allBad = bad + badBefore;
        double chance = 0;
        for (int count = bad; count <= Math.Min(allBad, now.Samples); count++)
        {
            if (now.Samples - count > all - allBad) continue;
            chance += Math.Exp(LogChoose(allBad, count) + LogChoose(all - allBad, now.Samples - count) - LogChoose(all, now.Samples));
        }
        return Math.Min(1, chance);
    }

    /// <summary>The normal tail of the difference over its standard error, as the two runs are independent samples.</summary>
    private static double MeanChance(Metric metric, Measurement before, Measurement now, BaselineOptions options)
    {
        (double x, double y) = (before.Value!.Value, now.Value!.Value);
        double loss = metric.Better == BetterValue.Higher ? x - y : y - x;
        if (loss <= options.MeanTolerance * Math.Abs(x)) return 1;
        double error = Math.Sqrt(Square(Error(before)) + Square(Error(now)));
        return error == 0 ? 0 : Normal.CDF(0, 1, -loss / error);
    }

    /// <summary>The standard error; where the resamples all agreed, from the interval, which then says more. Unknown is as good as endless.</summary>
    private static double Error(Measurement figure)
    {
        double half = figure.Interval is { } interval ? (interval.High - interval.Low) / (2 * WilsonInterval.Quantile) : double.PositiveInfinity;
        return figure.StandardError is > 0 and { } error ? error : half;
    }

    private static int Bad(Metric metric, Measurement share)
    {
        int count = (int)Math.Round(share.Value!.Value * share.Samples);
        return metric.Better == BetterValue.Lower ? count : share.Samples - count;
    }

    private static double LogChoose(int of, int count) => SpecialFunctions.FactorialLn(of) - SpecialFunctions.FactorialLn(count) - SpecialFunctions.FactorialLn(of - count);

    private static double Square(double value) => value * value;
}
