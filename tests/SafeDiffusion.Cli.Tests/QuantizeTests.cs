using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: <c>quantize</c> on the shapes model.</summary>
public sealed class QuantizeTests
{
    [Fact]
    public async Task AQuantisedModelDrawsAndSaysWhatItIs()
    {
        using TemporaryFolder folder = new();
        File.WriteAllLines(folder.File("prompts.txt"), ["a green star", "a blue circle"]);
        string[] arguments = ["quantize", "--model", Fixture.ShapesModel, "--prompts", "prompts.txt", "--steps", "2", "--timesteps", "2", "--sensitivity-samples", "0", "--vae-decoder", "--copy-weights", "--threads", "1", "--out", "made"];
        CliOutcome outcome = await CliProcess.RunAsync(folder, arguments);
        Assert.Equal(0, outcome.ExitCode);
        Assert.EndsWith("made\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("96 of 96 layers run in 8 bits", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("25 of 25 layers run in 8 bits", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("layers in 8 bits, 0 left in float", (await CliProcess.RunAsync(folder, "inspect", "--model", "made")).Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        CliOutcome drawn = await CliProcess.RunAsync(folder, "generate", "a green star", "--model", "made", "--steps", "2", "--report", "report.json", "--quiet");
        Assert.Equal(0, drawn.ExitCode);
        Assert.Contains("\"quantizedDecoderLayers\": 25", File.ReadAllText(folder.File("report.json")), StringComparison.Ordinal);
        Assert.Contains("\"quantizedLayers\": 96", File.ReadAllText(folder.File("report.json")), StringComparison.Ordinal);
        Assert.Equal(3, (await CliProcess.RunAsync(folder, arguments)).ExitCode);
    }

    [Theory]
    [InlineData("--budget", "0")]
    [InlineData("--timesteps", "30")]
    public async Task WhatIsOutOfRangeIsNamed(string option, string value)
    {
        using TemporaryFolder folder = new();
        CliOutcome outcome = await CliProcess.RunAsync(folder, "quantize", "--model", Fixture.ShapesModel, "--out", "made", option, value);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"error: {option}", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }
}
