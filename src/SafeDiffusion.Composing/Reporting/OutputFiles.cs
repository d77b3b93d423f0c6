using SafeDiffusion.Composing.Selecting;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Evaluation.Reporting;
using SafeDiffusion.Evaluation.Reporting.Building;
using SafeDiffusion.Evaluation.Reporting.Writing;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Runs;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Composing.Reporting;

/// <summary>Writes what a run leaves: the policy, the page, the figures, the sheet.</summary>
internal static class OutputFiles
{
    public const string PolicyName = "policy.json";
    public const string PageName = "report.html";
    public const string ReportName = "report.json";
    public const string SheetName = "sheet.png";

    /// <returns>The files, the policy first.</returns>
    public static IReadOnlyList<string> Write(string folder, SafetyPolicy? policy, ProtectionReport report, EvaluationOutcome outcome, FigureCounter counter, string best)
    {
        PictureFolder pictures = new(outcome.Folder);
        EvaluationReport details = ReportBuilder.Build(outcome.Results, outcome.Description, pictures.Load);
        ReportFiles.Write(details, outcome.Folder, pictures.Load);
        string[] files = [.. new[] { PageName, ReportName, SheetName }.Select(name => Path.Combine(folder, name))];
        PictureSheet.Compose(outcome.Results, counter, best, pictures.Load).SavePng(files[2]);
        AtomicFile.WriteText(files[1], report.ToJson());
        AtomicFile.WriteText(files[0], ReportPage.Write(report, outcome.Results, counter, best, pictures.Load));
        string file = Path.Combine(folder, PolicyName);
        if (policy is null)
        {
            // An earlier run's policy would pass for this one's.
            File.Delete(file);
            return files;
        }
        AtomicFile.WriteText(file, policy.ToJson(folder) + "\n");
        return [file, .. files];
    }
}
