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
    private readonly string _folder;
    private readonly EvaluationReport? _baseline;

    /// <summary>The judges that a suite may name: the library's, and the shapes model's.</summary>
    public static JudgeCatalogue Judges { get; } = JudgeCatalogue.Default.AddShapes();

    /// <summary>Reads the baseline first, so that no hour of drawing ends at a file that is not there.</summary>
    /// <exception cref="InvalidFileException">The baseline is missing or no report, or the folder cannot be written to.</exception>
    public EvaluationFiles(string folder, string? baseline)
    {
        OutputPath.RequireFolder(folder);
        _folder = folder;
        _baseline = baseline is null ? null : EvaluationReport.Load(baseline);
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
