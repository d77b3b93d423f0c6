using SafeDiffusion.Evaluation.Reporting.Writing;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Imaging;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>Formula layer: a browser shows the report's page, in light and dark, wide and narrow, and has nothing to complain of.</summary>
public sealed class ReportInBrowserTests
{
    private static readonly Lazy<string> _keep = new(() => Environment.GetEnvironmentVariable("SAFEDIFFUSION_SCREENSHOTS") ?? "");

    [ChromiumFact]
    public void ThePageIsShownInLight() => Show("light", 1280, 5000);

    [ChromiumFact]
    public void ThePageIsShownInDark() => Show("dark", 1280, 5000, "--blink-settings=preferredColorScheme=0");

    [ChromiumFact]
    public void ThePageIsShownOnAPhone() => Show("phone", 500, 7000);

    private static void Show(string name, int width, int height, params string[] arguments)
    {
        using TemporaryFolder folder = new();
        SyntheticRun run = new();
        string page = ReportFiles.Write(EvaluationReport.Build(run.Results, run.Description, run.Load), folder.Path, run.Load)[0];
        string screenshot = folder.File($"{name}.png");
        (_, string[] console) = Chromium.Open(page, [$"--window-size={width},{height}", $"--screenshot={screenshot}", .. arguments]);
        Assert.Empty(console);
        if (_keep.Value.Length > 0) File.Copy(screenshot, Path.Combine(_keep.Value, $"{name}.png"), overwrite: true);
        if (_keep.Value.Length > 0) File.Copy(page, Path.Combine(_keep.Value, "report.html"), overwrite: true);
        RgbImage picture = RgbImage.Load(screenshot);
        Assert.Equal((width, height), (picture.Width, picture.Height));
    }
}
