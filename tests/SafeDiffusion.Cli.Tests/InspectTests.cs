using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: what <c>inspect</c> and <c>bench</c> tell.</summary>
public sealed class InspectTests
{
    [Fact]
    public async Task TellsNetworksSchedulerAndProviders()
    {
        using TemporaryFolder folder = new();
        CliOutcome outcome = await CliProcess.RunAsync(folder, "inspect", "--model", Fixture.ShapesModel);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        string[][] rows = [.. outcome.Output.Split('\n').Select(line => line.Split('│', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        Assert.Contains(["unet", "PyTorch 2.13.0 TorchScript", "ai.onnx 17", "inside"], rows);
        Assert.Contains(["unet", "input", "sample", "float32", "[batch, 4, height, width]"], rows);
        Assert.Contains(["text_encoder", "input", "input_ids", "int64", "[batch, 24]"], rows);
        Assert.Contains(["vae_decoder", "output", "sample", "float32", "[batch, 3, height, width]"], rows);
        Assert.Contains(["safety_checker", "not there"], rows);
        Assert.Contains(["cpu", "yes"], rows);
        Assert.Contains(["beta_schedule", "scaled_linear"], rows);
        Assert.Contains(["prediction_type", "epsilon"], rows);
        Assert.Contains(["tokenizer", "CLIP, 24 tokens, pad token 625"], rows);
        Assert.DoesNotContain('\e', outcome.Output);
        Assert.All(outcome.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 160));
    }

    [Fact]
    public async Task BenchTellsACostPerCountOfRows()
    {
        using TemporaryFolder folder = new();
        CliOutcome outcome = await CliProcess.RunAsync(folder, "bench", "--model", Fixture.ShapesModel, "--threads", "1", "--steps", "4", "--repeats", "1");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.All(new[] { 1, 2, 3, 4, 8 }, rows => Assert.Contains($"│ {rows} ", outcome.Output, StringComparison.Ordinal));
    }
}
