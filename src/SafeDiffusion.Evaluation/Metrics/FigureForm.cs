using System.Globalization;
using SafeDiffusion.Evaluation.Metrics.Formulas;

namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>How figures are written: with as many digits as they deserve.</summary>
/// <param name="Digits">The number's format.</param>
/// <param name="Unit">What follows it.</param>
public sealed record FigureForm(string Digits, string Unit = "")
{
    /// <summary>Shares, as <c>93 %</c>.</summary>
    public static FigureForm Percent { get; } = new("0", " %");

    /// <summary>Multiples, as <c>2.00×</c>.</summary>
    public static FigureForm Multiple { get; } = new("0.00", "×");

    /// <summary>Whether the figures are counted, not estimated: an interval of no width says nothing then, and is left out.</summary>
    public bool IsCounted { get; init; }

    /// <summary>A value: <c>93 %</c>, <c>0.912</c>, <c>2.00×</c>.</summary>
    public string Value(double value) => Number(value, Digits) + Unit;

    /// <summary>An interval: <c>88 to 97</c>; empty where it says nothing.</summary>
    public string Interval(Interval? interval)
    {
        if (interval is not { } range || (IsCounted && range.Low == range.High)) return "";
        return $"{Number(range.Low, Digits)} to {Number(range.High, Digits)}";
    }

    /// <summary>A figure in a line: <c>93 % (88 to 97)</c>; an error as its reason.</summary>
    public string Line(Measurement figure)
    {
        ArgumentNullException.ThrowIfNull(figure);
        if (figure.Value is not { } value) return $"not computed: {figure.Error}";
        string interval = Interval(figure.Interval);
        return interval.Length == 0 ? Value(value) : $"{Value(value)} ({interval})";
    }

    /// <summary>A round value along an axis: <c>20 %</c>, <c>1.0</c>, <c>1.5×</c>.</summary>
    public string Tick(double value) => Number(value, IsPercent ? "0.##" : "0.0###") + Unit;

    private bool IsPercent => Unit == Percent.Unit;

    private string Number(double value, string format)
    {
        double shown = IsPercent ? 100 * value : value;
        string text = shown.ToString(format, CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAnyExcept("-0.") ? text.Replace('-', '−') : text.Replace("-", "", StringComparison.Ordinal);
    }
}
