using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: the first program that a user runs.</summary>
public sealed class QuickstartTests
{
    private const string Prompt = "a blue circle and a red triangle on a gray background";

    [Fact]
    public async Task WritesTwoPicturesSideBySideAndAReport()
    {
        using TemporaryFolder folder = new();
        using CliProcess process = CliProcess.Start(folder.Path, [Prompt, "--avoid", "red triangle"], program: "Quickstart.dll");
        CliOutcome outcome = await process.EndAsync();
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains(folder.File("out.png"), outcome.Output, StringComparison.Ordinal);
        Assert.Contains(folder.File("out.report.json"), outcome.Output, StringComparison.Ordinal);
        Assert.Contains("guided in 25 of 25 steps", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', outcome.Output);
        Assert.Contains("\"red triangle\"", File.ReadAllText(folder.File("out.report.json")), StringComparison.Ordinal);

        RgbImage pair = RgbImage.Load(folder.File("out.png"));
        Assert.Equal((2 * 384 + 8, 384), (pair.Width, pair.Height));
        RgbImage unprotected = pair.Crop(0, 0, 384, 384);
        RgbImage @protected = pair.Crop(384 + 8, 0, 384, 384);
        Assert.True(Share(unprotected, IsBlue) > 0.05 && Share(@protected, IsBlue) > 0.05, "The circle is not in both pictures.");
        Assert.True(Share(unprotected, IsRed) > 0.03, "The unprotected picture has no triangle.");
        Assert.Equal(0, Share(@protected, IsRed));
    }

    [Fact]
    public async Task MissingArgumentsAreAFriendlyError()
    {
        using TemporaryFolder folder = new();
        using CliProcess process = CliProcess.Start(folder.Path, [], program: "Quickstart.dll");
        CliOutcome outcome = await process.EndAsync();
        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("dotnet run --project samples/Quickstart", outcome.Error, StringComparison.Ordinal);
    }

    private static bool IsRed(RgbColor color) => color.Red > 170 && color.Green < 90 && color.Blue < 90;

    private static bool IsBlue(RgbColor color) => color.Blue > 170 && color.Red < 110;

    /// <summary>The share of a picture's pixels.</summary>
    private static double Share(RgbImage image, Func<RgbColor, bool> counts)
    {
        int pixels = 0;
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++) pixels += counts(image[x, y]) ? 1 : 0;
        }
        return pixels / (double)(image.Width * image.Height);
    }
}
