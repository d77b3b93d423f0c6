using System.Text.Json;
using SafeDiffusion.Cli.Commands;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: <c>safediffusion purify</c>.</summary>
public sealed class PurifyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task APictureIsCleanedAndTheReportAndTheSheetSayHow()
    {
        string given = File("in.jpg");
        Gray(70, 40).Save(given, PictureOptions.Codecs);
        CliOutcome outcome = await RunAsync("in.jpg", "--concept", "a red triangle", "--method", "negative", "--steps", "10", "--out", "out.webp", "--sheet", "sheet.png", "--report", "r.json");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(["out.webp", "sheet.png", "r.json"], outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        RgbImage cleaned = RgbImage.Load(File("out.webp"), PictureOptions.Codecs);
        Assert.Equal((70, 40), (cleaned.Width, cleaned.Height));
        using JsonDocument report = JsonDocument.Parse(System.IO.File.ReadAllText(File("r.json")));
        Assert.Equal((10, 8), (report.RootElement.GetProperty("paddedColumns").GetInt32(), report.RootElement.GetProperty("paddedRows").GetInt32()));
        Assert.False(report.RootElement.GetProperty("isLimited").GetBoolean());
        Assert.Equal("negative-prompt", report.RootElement.GetProperty("generation").GetProperty("protections")[0].GetProperty("method").GetString());
    }

    [Theory]
    [InlineData("say what to clean", "--out", "out.png")]
    [InlineData("would write over", "--concept", "a ring", "--out", "in.png")]
    [InlineData("--region", "--concept", "a ring", "--out", "out.png", "--region", "there")]
    [InlineData("strength", "--concept", "a ring", "--out", "out.png", "--strength", "2")]
    public async Task WhatCannotBeDoneIsRefused(string message, params string[] options)
    {
        Gray(64, 64).SavePng(File("in.png"));
        CliOutcome outcome = await RunAsync(["in.png", .. options]);
        Assert.Equal(ExitCode.BadInput, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string File(string name) => _folder.File(name);

    private Task<CliOutcome> RunAsync(params string[] arguments) => CliProcess.RunAsync(_folder, ["purify", .. arguments, "--model", Fixture.ShapesModel]);

    private static RgbImage Gray(int width, int height) => new(width, height, Enumerable.Repeat((byte)128, width * height * RgbImage.Channels).ToArray());
}
