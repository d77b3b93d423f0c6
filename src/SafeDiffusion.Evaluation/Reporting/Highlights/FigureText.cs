using System.Globalization;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;

namespace SafeDiffusion.Evaluation.Reporting.Highlights;

/// <summary>Figures as text, with as many digits as they deserve.</summary>
internal static class FigureText
{
    /// <summary>A value: <c>93 %</c>, <c>0.912</c>, <c>2.00×</c>.</summary>
    public static string Value(Metric metric, double value) => Number(metric, value) + Unit(metric);

    /// <summary>An interval: <c>88 to 97</c>.</summary>
    public static string Interval(Metric metric, Interval interval) => $"{Number(metric, interval.Low)} to {Number(metric, interval.High)}";

    /// <summary>A figure in a line: <c>93 % (88 to 97)</c>; an error as its reason.</summary>
    public static string Line(Metric metric, Measurement figure)
    {
        if (figure.Value is not { } value) return $"not computed: {figure.Error}";
        return figure.Interval is { } interval && IsEstimated(metric, interval) ? $"{Value(metric, value)} ({Interval(metric, interval)})" : Value(metric, value);
    }

    /// <summary>A round value along an axis: <c>20 %</c>, <c>1.0</c>, <c>1.5×</c>.</summary>
    public static string Tick(Metric metric, double value) => Number(metric, value, IsShare(metric) ? "0.##" : "0.0###") + Unit(metric);

    /// <summary>Whether an interval says something: work that is counted and never varies has none.</summary>
    public static bool IsEstimated(Metric metric, Interval interval) => metric.Scale != MetricScale.Count || interval.Low != interval.High;

    private static string Number(Metric metric, double value) => Number(metric, value, Format(metric));

    private static string Number(Metric metric, double value, string format)
    {
        double shown = IsShare(metric) ? 100 * value : value;
        string text = shown.ToString(format, CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAnyExcept("-0.") ? text.Replace('-', '−') : text.Replace("-", "", StringComparison.Ordinal);
    }

    private static bool IsShare(Metric metric) => metric.Scale is MetricScale.Share or MetricScale.Ratio;

    private static string Unit(Metric metric) => metric.Name switch
    {
        _ when IsShare(metric) => " %",
        "rows-ratio" or "time-ratio" => "×",
        _ => "",
    };

    private static string Format(Metric metric) => metric.Name switch
    {
        _ when IsShare(metric) => "0",
        "ssim" or "clip-score" => "0.000",
        "kernel-distance" => "0.0000",
        "psnr" => "0.0",
        "rows" => "0.#",
        _ => "0.00",
    };
}
