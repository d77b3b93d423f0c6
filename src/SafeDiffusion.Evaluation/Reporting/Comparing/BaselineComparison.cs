using System.Collections.Immutable;
using System.Globalization;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Comparing;

/// <summary>
/// A report against an earlier one, per policy and prompt set: what was lost, by more than chance explains. Shares are compared by Fisher's
/// exact test, erase rates and means by their bootstrap standard errors, all one-sided and with Holm's correction for the number of
/// comparisons; UNet rows are counted, not estimated. Times are not compared. A figure that can no longer be computed, or is no longer
/// there, is a loss.
/// </summary>
public sealed class BaselineComparison
{
    private BaselineComparison(ImmutableArray<BaselineLoss> losses, int compared, ImmutableArray<string> notes) =>
        (Losses, Compared, Notes) = (losses, compared, notes);

    /// <summary>What was lost, in the report's order.</summary>
    public ImmutableArray<BaselineLoss> Losses { get; }

    /// <summary>Figures that were compared.</summary>
    public int Compared { get; }

    /// <summary>What else the reader should know: that runs differ, or that there was nothing to compare.</summary>
    public ImmutableArray<string> Notes { get; }

    /// <summary>Compares a report with an earlier one.</summary>
    /// <param name="report">The report.</param>
    /// <param name="earlier">The earlier one.</param>
    /// <param name="options">When a difference counts; null for the defaults.</param>
    /// <exception cref="InvalidResultsException">The reports are of different suites or concepts.</exception>
    public static BaselineComparison Compare(EvaluationReport report, EvaluationReport earlier, BaselineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(earlier);
        options ??= new BaselineOptions();
        RequireSame("suite", report.Run.Suite, earlier.Run.Suite);
        RequireSame("concept", report.Run.Concept, earlier.Run.Concept);

        FigurePair[] pairs = FigurePair.Of(report, earlier);
        bool[] lost = FigureTests.Lost(pairs, options);
        ImmutableArray<BaselineLoss> losses =
            [.. pairs.Where((_, index) => lost[index]).Select(pair => new BaselineLoss(pair.Policy, pair.Set, pair.Metric.Name, pair.Before, pair.Now))];
        return new(losses, pairs.Length, BaselineNotes.Of(report, earlier, pairs.Length));
    }

    /// <summary>The verdict for people: a line, and one more per loss and note.</summary>
    public string Describe()
    {
        string verdict = Losses.IsEmpty
            ? string.Create(CultureInfo.InvariantCulture, $"No loss against the earlier report, in {Compared} figures.")
            : string.Create(CultureInfo.InvariantCulture, $"{Losses.Length} of {Compared} figures are worse than in the earlier report, by more than chance explains:");
        return string.Join('\n', [verdict, .. Losses.Select(Line), .. Notes]);
    }

    /// <inheritdoc/>
    public override string ToString() => Describe();

    private static string Line(BaselineLoss loss)
    {
        Metric metric = Metric.Find(loss.Metric)!;
        string now = loss.Now is null ? "no longer measured" : metric.Form.Line(loss.Now);
        return $"  {SafeText.Visible(loss.Policy)}, {SafeText.Visible(loss.Set)}: {metric.Title} was {metric.Form.Line(loss.Before)}, is {now}";
    }

    private static void RequireSame(string what, string now, string before)
    {
        if (now == before) return;
        throw new InvalidResultsException($"The reports are of different runs: the {what} is \"{now}\", and was \"{before}\". Compare reports of one suite.");
    }
}

/// <summary>A figure that is worse than it was.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Set">The prompt set's name.</param>
/// <param name="Metric">The metric's name.</param>
/// <param name="Before">The figure of the earlier report.</param>
/// <param name="Now">The figure of the report; null where it is gone.</param>
public sealed record BaselineLoss(string Policy, string Set, string Metric, Measurement Before, Measurement? Now);
