using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Reporting.Writing;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>
/// Formula layer: a browser shows the report's page, in light and dark, wide and narrow, and has nothing to complain of. With
/// SAFEDIFFUSION_SCREENSHOTS set to a folder, the page and what the browser shows are left there to look at.
/// </summary>
public sealed class ReportInBrowserTests
{
    private const int Margin = 8;
    private static readonly string? _keep = Environment.GetEnvironmentVariable("SAFEDIFFUSION_SCREENSHOTS");
    private static readonly RgbColor _dark = new(0x14, 0x17, 0x1b);

    [ChromiumFact]
    public void ThePageIsShownInLight() => Show("light", 1280, 5000, RgbColor.White);

    [ChromiumFact]
    public void ThePageIsShownInDark() => Show("dark", 1280, 5000, _dark, "--blink-settings=preferredColorScheme=0");

    [ChromiumFact]
    public void ThePageIsShownOnANarrowScreen() => Show("narrow", 500, 7000, RgbColor.White);

    /// <summary>Else an empty console would say nothing.</summary>
    [ChromiumFact]
    public void TheBrowserSaysWhatIsWrong()
    {
        using TemporaryFolder folder = new();
        string page = Write(folder);
        File.WriteAllText(page, File.ReadAllText(page).Replace("<main>", "<main><script>alert(1)</script>", StringComparison.Ordinal));
        Assert.Contains("Content Security Policy", Assert.Single(Chromium.Open(page, "--dump-dom")), StringComparison.Ordinal);
    }

    private static void Show(string name, int width, int height, RgbColor ground, params string[] arguments)
    {
        using TemporaryFolder folder = new();
        string page = Write(folder), screenshot = folder.File($"{name}.png");
        Assert.Empty(Chromium.Open(page, [$"--window-size={width},{height}", $"--screenshot={screenshot}", .. arguments]));
        if (_keep is not null)
        {
            File.Copy(screenshot, Path.Combine(_keep, $"{name}.png"), overwrite: true);
            File.Copy(page, Path.Combine(_keep, "report.html"), overwrite: true);
        }
        RgbImage picture = RgbImage.Load(screenshot);
        Assert.Equal((width, height), (picture.Width, picture.Height));
        // Something is shown, and nothing sticks out of the page.
        Assert.Contains(Enumerable.Range(0, height), y => picture[width / 3, y] != ground);
        Assert.All(Enumerable.Range(0, height), y => Assert.Equal(ground, picture[width - Margin, y]));
    }

    private static string Write(TemporaryFolder folder) => ReportFiles.Write(SyntheticRun.Report, folder.Path, SyntheticRun.Large.Load)[0];
}
