using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Reporting;
using SafeDiffusion.Evaluation.Reporting.Building;
using SafeDiffusion.Evaluation.Reporting.Comparing;
using SafeDiffusion.Evaluation.Reporting.Writing;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Runs;
using SafeDiffusion.ShapesWorld;
using Spectre.Console;

namespace SafeDiffusion.Cli.Commands;

/// <summary>What an evaluation leaves behind: the report's files, a table, and how it compares with an earlier one.</summary>
internal sealed class EvaluationFiles
{
    private static readonly string[] _names = ["run.json", "plan.txt", "results.jsonl", "run.lock", "report.html", "failures.html", "report.json", "report.csv", "report.md"];

    private readonly string _folder;
    private readonly EvaluationReport? _baseline;

    /// <summary>The judges that a suite may name: the library's, and the shapes model's.</summary>
    public static JudgeCatalogue Judges { get; } = JudgeCatalogue.Default.AddShapes();

    /// <summary>Reads the baseline first, so that no hour of drawing ends at a file that is not there.</summary>
    /// <exception cref="InvalidFileException">The baseline is missing or no report, or the folder cannot be written to.</exception>
    /// <exception cref="InvalidRequestException">A file of the folder that is written over is read.</exception>
    public EvaluationFiles(string folder, string? baseline, IEnumerable<string?> inputs, string? model = null)
    {
        OutputPath.RequireFolder(folder);
        string pictures = Path.Combine(folder, "pictures");
        OutputPath.RequireNoInput(
            [.. _names.Select(name => Path.Combine(folder, name)), .. Directory.Exists(pictures) ? Directory.GetFiles(pictures) : []],
            [baseline, .. inputs], model);
        _folder = folder;
        _baseline = baseline is null ? null : EvaluationReport.Load(baseline);
    }

    /// <summary>Says which pictures of earlier results could not be counted, quiet or not.</summary>
    public static void Tell(EvaluationOutcome outcome)
    {
        const int Most = 10;
        if (outcome.DrawnAgain.Count == 0) return;
        string more = outcome.DrawnAgain.Count > Most ? $"; and {outcome.DrawnAgain.Count - Most} more" : "";
        Terminal.WriteWarning($"{outcome.DrawnAgain.Count} pictures of earlier results were gone or damaged, and were made again: {string.Join("; ", outcome.DrawnAgain.Take(Most))}{more}");
    }

    /// <summary>Writes the report.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="InvalidFileException">A file cannot be written, or a picture cannot be read.</exception>
    /// <exception cref="InvalidResultsException">The baseline is of another suite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public int Report(EvaluationOutcome outcome, ReportOptions options, bool quiet, CancellationToken cancellationToken)
    {
        PictureFolder pictures = new(_folder);
        EvaluationReport report = ReportBuilder.Build(outcome.Results, outcome.Description, pictures.Load, options, cancellationToken);
        IReadOnlyList<string> written = ReportFiles.Write(report, _folder, pictures.Load);
        if (!quiet)
        {
            EvaluationTable.Write(report);
            foreach (string file in written) Terminal.WriteFile(file);
        }
        return Compare(report, quiet);
    }

    private int Compare(EvaluationReport report, bool quiet)
    {
        if (_baseline is null) return ExitCode.Success;
        BaselineComparison comparison = BaselineComparison.Compare(report, _baseline);
        bool isWorse = !comparison.Losses.IsEmpty;
        if (!quiet || isWorse) Terminal.Error.WriteLine(comparison.Describe());
        return isWorse ? ExitCode.Failure : ExitCode.Success;
    }
}
