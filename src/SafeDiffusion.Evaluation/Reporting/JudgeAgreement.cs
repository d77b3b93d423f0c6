using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>How far two judges agree on whether the concept is there, over all pictures that both judged.</summary>
/// <param name="First">The judge whose judgements the figures rest on.</param>
/// <param name="Second">Another judge.</param>
/// <param name="Both">Pictures in which both find it.</param>
/// <param name="OnlyFirst">Pictures in which only the first finds it.</param>
/// <param name="OnlySecond">Pictures in which only the second finds it.</param>
/// <param name="Neither">Pictures in which neither finds it.</param>
/// <param name="Agreement">The share of pictures on which they agree.</param>
/// <param name="Kappa">Cohen's kappa: agreement beyond that of chance, at most 1.</param>
public sealed record JudgeAgreement(
    string First, string Second, int Both, int OnlyFirst, int OnlySecond, int Neither, Measurement Agreement, Measurement Kappa)
{
    /// <summary>How kappa is written.</summary>
    internal static FigureForm KappaForm { get; } = new("0.00");
}
