using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Reporting.Writing.Html;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Writing;

/// <summary>
/// A report's files: <c>report.html</c>, one page that needs nothing beside it; <c>report.json</c>, which <see cref="EvaluationReport.Load"/>
/// reads; <c>failures.html</c>, every failure as pictures; <c>report.csv</c>, a line per figure; <c>report.md</c>, without pictures.
/// </summary>
public static class ReportFiles
{
    /// <summary>The bytes of pictures that a page holds unless told otherwise: 8 MiB.</summary>
    public const int PictureBytes = 8 << 20;

    /// <summary>The page of all failures may hold so many times the pictures.</summary>
    private const int FailureFactor = 8;

    /// <summary>Writes the files, each whole or not at all.</summary>
    /// <param name="report">The report.</param>
    /// <param name="folder">The folder, made where it is not there.</param>
    /// <param name="load">Loads the galleries' pictures, such as <see cref="PictureFolder.Load"/>; one that cannot be loaded is named on the page.</param>
    /// <param name="pictureBytes">The most bytes of pictures on the page, as they are in it; what goes beyond is left out and named.</param>
    /// <returns>The files' paths.</returns>
    /// <exception cref="InvalidFileException">A file cannot be written.</exception>
    public static ImmutableArray<string> Write(
        EvaluationReport report, string folder, Func<string, RgbImage> load, int pictureBytes = PictureBytes)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(load);
        ArgumentOutOfRangeException.ThrowIfNegative(pictureBytes);
        return
        [
            WriteText(folder, "report.html", HtmlPage.Write(report, new Thumbnails(load, pictureBytes))),
            WriteText(folder, FailurePage.FileName, FailurePage.Write(report, new Thumbnails(load, FailureFactor * pictureBytes))),
            WriteText(folder, "report.json", report.ToJson()),
            WriteText(folder, "report.csv", CsvWriter.Write(report)),
            WriteText(folder, "report.md", MarkdownWriter.Write(report)),
        ];
    }

    private static string WriteText(string folder, string name, string text)
    {
        string path = Path.Combine(folder, name);
        AtomicFile.WriteText(path, text);
        return path;
    }
}
