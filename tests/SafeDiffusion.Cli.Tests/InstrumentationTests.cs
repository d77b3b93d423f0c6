using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model and graph layer: what <c>inspect</c>, <c>instrument</c> and <c>verify</c> do about cross-attention.</summary>
public sealed class InstrumentationTests
{
    [Fact]
    public async Task InspectListsTheAttentionLayers()
    {
        using TemporaryFolder folder = new();
        string output = (await CliProcess.RunAsync(folder, "inspect", "--model", Fixture.ShapesModel)).Output;
        Assert.Contains("│ 2 │ mid_block.attentions.0.transformer_blocks.0.attn2     │ 1/4  │ 64 ", output, StringComparison.Ordinal);
        Assert.Contains("│ 6 │ up_blocks.2.attentions.1.transformer_blocks.0.attn1   │ 1    │ 32 ", output, StringComparison.Ordinal);
        Assert.Contains("Added to cross-attention: nothing", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InstrumentWritesAFolderOnceAndInspectSaysWhatWasAdded()
    {
        using TemporaryFolder folder = new();
        string[] arguments = ["instrument", "--model", Fixture.ShapesModel, "--features", "detect,reweight", "--layers", "2,4", "--copy-weights", "--out", "made"];
        CliOutcome first = await CliProcess.RunAsync(folder, arguments);
        Assert.Equal((0, "made\n"), (first.ExitCode, first.Output));
        CliOutcome second = await CliProcess.RunAsync(folder, arguments);
        Assert.Equal(0, second.ExitCode);
        Assert.Contains("Nothing to do", second.Error, StringComparison.Ordinal);
        CliOutcome inspect = await CliProcess.RunAsync(folder, "inspect", "--model", "made");
        Assert.Contains("Added to cross-attention: detect, reweight", inspect.Output, StringComparison.Ordinal);
        Assert.Equal(3, (await CliProcess.RunAsync(folder, "instrument", "--model", Fixture.ShapesModel, "--out", "made")).ExitCode);
    }

    [Theory]
    [InlineData("--features", "see")]
    [InlineData("--features", ",")]
    [InlineData("--layers", "16")]
    [InlineData("--layers", "no.such.layer")]
    public async Task InstrumentRefusesWhatItDoesNotKnow(string option, string value)
    {
        using TemporaryFolder folder = new();
        CliOutcome outcome = await CliProcess.RunAsync(folder, "instrument", "--model", Fixture.ShapesModel, "--out", "made", option, value);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("1e-4", 0, "agrees with the reference")]
    [InlineData("1e-8", 1, "differs from the reference")]
    public async Task VerifyGivesAVerdict(string tolerance, int exitCode, string verdict)
    {
        using TemporaryFolder folder = new();
        string fixture = Fixture.Locate("graphs", "sd2-linear");
        CliOutcome outcome = await CliProcess.RunAsync(
            folder, "verify", Path.Combine(fixture, "unet"), "--reference", Path.Combine(fixture, "reference.safetensors"), "--tolerance", tolerance);
        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Contains(verdict, outcome.Output, StringComparison.Ordinal);
        Assert.Contains("│ inhibitor_response ", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VerifyRefusesAGraphItDoesNotUnderstand()
    {
        using TemporaryFolder folder = new();
        CliOutcome outcome = await CliProcess.RunAsync(
            folder, "verify", Fixture.Locate("graphs", "negative", "sigmoid-for-softmax", "unet"),
            "--reference", Fixture.Locate("graphs", "sd2-linear", "reference.safetensors"));
        Assert.Equal(3, outcome.ExitCode);
        Assert.StartsWith("error:", outcome.Error, StringComparison.Ordinal);
    }
}
