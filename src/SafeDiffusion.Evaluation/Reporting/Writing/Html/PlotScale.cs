using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;

namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>From values to pixels along an axis, with round ticks.</summary>
internal sealed class PlotScale
{
    private const int MostTicks = 7;
    private readonly double _low, _high, _from, _to;
    private readonly FigureForm _form;

    private PlotScale(double low, double high, double from, double to, FigureForm form) =>
        (_low, _high, _from, _to, _form) = (low, high, from, to, form);

    /// <summary>The axis's ticks.</summary>
    public IReadOnlyList<double> Ticks { get; private init; } = [];

    /// <summary>The pixel of a value; values beyond the axis lie at its end.</summary>
    public double this[double value] => _from + (Math.Clamp(value, _low, _high) - _low) / (_high - _low) * (_to - _from);

    /// <summary>A tick's label.</summary>
    public string Text(double tick) => _form.Tick(tick);

    /// <summary>A scale for figures that are at most 1: up to 1, and down to where the lowest interval ends, but not below -1.</summary>
    public static PlotScale Over(IEnumerable<Measurement> figures, double from, double to, FigureForm form)
    {
        double low = Math.Max(-1, figures.Min(figure => figure.Interval?.Low ?? figure.Value!.Value));
        double step = Step(1 - Math.Min(low, 0.9));
        double start = Math.Floor(Math.Min(low, 0.9) / step + 1e-9) * step;
        return Make(start, 1, step, from, to, form);
    }

    /// <summary>A scale from 0.</summary>
    public static PlotScale FromZero(double high, double from, double to, FigureForm form)
    {
        double step = Step(high);
        return Make(0, Math.Ceiling(high / step - 1e-9) * step, step, from, to, form);
    }

    private static PlotScale Make(double low, double high, double step, double from, double to, FigureForm form) => new(low, high, from, to, form)
    {
        Ticks = [.. Enumerable.Range(0, (int)Math.Round((high - low) / step) + 1).Select(tick => low + tick * step)],
    };

    private static double Step(double range)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(range / MostTicks)));
        return ((double[])[1, 2, 5, 10]).Select(factor => factor * power).First(step => range / step <= MostTicks);
    }
}
