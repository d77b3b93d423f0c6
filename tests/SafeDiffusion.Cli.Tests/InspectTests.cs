using System.Globalization;
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
        Assert.Contains(["tokenizer", "CLIP, 24 tokens, pad token 625", "tokenizer"], rows);
        Assert.Contains(["latents", "4 channels", "the graph"], rows);
        Assert.Contains("picture", rows.Single(row => row is [_, _, "config.json"] && row[1].StartsWith("64x64", StringComparison.Ordinal)));
        Assert.Contains("Every network has run once. The model can be used.", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', outcome.Output);
        Assert.All(outcome.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 120));
    }

    /// <summary>Where tables do not fit, rows are stacked: no line is longer, and no word of the wide output is missing.</summary>
    [Fact]
    public async Task SixtyColumnsHoldAllOfIt()
    {
        using TemporaryFolder folder = new();
        CliOutcome wide = await CliProcess.RunAsync(folder, 1000, "inspect", "--model", Fixture.ShapesModel);
        CliOutcome narrow = await CliProcess.RunAsync(folder, 60, "inspect", "--model", Fixture.ShapesModel);
        Assert.Equal((0, "", 0, ""), (wide.ExitCode, wide.Error, narrow.ExitCode, narrow.Error));
        Assert.All(narrow.Output.Split('\n'), line => Assert.InRange(line.TrimEnd('\r').Length, 0, 60));
        string all = Letters(narrow.Output);
        string[] words = [.. wide.Output.Split([' ', '\n', '\r', '│'], StringSplitOptions.RemoveEmptyEntries).Select(Letters).Where(word => word.Length > 0).Distinct()];
        Assert.True(words.Length > 100, $"{words.Length} words");
        Assert.All(words, word => Assert.Contains(word, all, StringComparison.Ordinal));
    }

    /// <summary>The graph loads; only a run shows that it fails.</summary>
    [Fact]
    public async Task ANetworkThatFailsIsNamed()
    {
        using TemporaryFolder folder = new();
        foreach (string part in new[] { "text_encoder", "unet", "vae_decoder", "tokenizer", "scheduler" })
        {
            Directory.CreateDirectory(folder.File(Path.Combine("model", part)));
            foreach (string file in Directory.EnumerateFiles(Path.Combine(Fixture.ShapesModel, part))) File.Copy(file, folder.File(Path.Combine("model", part, Path.GetFileName(file))));
        }
        // A factor that is not the decoder's own gives a picture of another size than its buffer.
        File.WriteAllText(folder.File("model/vae_decoder/config.json"), """{ "block_out_channels": [1, 1, 1, 1] }""");
        CliOutcome outcome = await CliProcess.RunAsync(folder, "inspect", "--model", "model");
        Assert.Equal(5, outcome.ExitCode);
        Assert.Contains("vae_decoder", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("can be used", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BenchTellsACostPerCountOfRows()
    {
        using TemporaryFolder folder = new();
        CliOutcome outcome = await CliProcess.RunAsync(folder, "bench", "--model", Fixture.ShapesModel, "--threads", "1", "--steps", "4", "--repeats", "1");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.All(new[] { 1, 2, 3, 4, 8 }, rows => Assert.Contains($"│ {rows} ", outcome.Output, StringComparison.Ordinal));
        AssertCompares(outcome.Output);
    }

    [Fact]
    public async Task BenchComparesWithNothingButTheUNet()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(Path.Combine(folder.Path, "model", "unet"));
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Fixture.ShapesModel, "unet")))
            File.Copy(file, Path.Combine(folder.Path, "model", "unet", Path.GetFileName(file)));
        CliOutcome outcome = await CliProcess.RunAsync(
            folder, "bench", "--model", "model", "--threads", "1", "--steps", "2", "--repeats", "1", "--only-comparison", "--rows", "1", "--latent-size", "48");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains("1 rows, latents 48x48", outcome.Output, StringComparison.Ordinal);
        AssertCompares(outcome.Output);
    }

    [Fact]
    public async Task ACacheGivesTheSamePicturesAndIsWrittenOnce()
    {
        using TemporaryFolder folder = new();
        string[] arguments = ["a blue circle", "--quiet", "--cache", "cache", "--out"];
        Assert.Equal(0, (await CliProcess.GenerateAsync(folder, "a blue circle", "--quiet", "--out", "plain.png")).ExitCode);
        Assert.Equal((0, ""), Told(await CliProcess.GenerateAsync(folder, [.. arguments, "first.png"])));
        string kept = Assert.Single(Directory.GetDirectories(Path.Combine(folder.Path, "cache")));
        string[] files = Directory.GetFiles(kept);
        DateTime[] written = [.. files.Select(File.GetLastWriteTimeUtc)];
        Assert.Equal((0, ""), Told(await CliProcess.GenerateAsync(folder, [.. arguments, "second.png"])));
        Assert.Equal(written, Directory.GetFiles(kept).Select(File.GetLastWriteTimeUtc));
        byte[] plain = File.ReadAllBytes(Path.Combine(folder.Path, "plain.png"));
        Assert.Equal(plain, File.ReadAllBytes(Path.Combine(folder.Path, "first.png")));
        Assert.Equal(plain, File.ReadAllBytes(Path.Combine(folder.Path, "second.png")));

        foreach (string file in files) File.WriteAllText(file, "damaged");
        CliOutcome damaged = await CliProcess.GenerateAsync(folder, [.. arguments, "third.png"]);
        Assert.Equal(3, damaged.ExitCode);
        Assert.Contains("delete it", damaged.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--variant", "fast")]
    [InlineData("--rows", "0")]
    [InlineData("--latent-size", "0")]
    public async Task BenchRefusesWhatItDoesNotKnow(string option, string value)
    {
        using TemporaryFolder folder = new();
        CliOutcome outcome = await CliProcess.RunAsync(folder, "bench", "--model", Fixture.ShapesModel, option, value);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(option, outcome.Error, StringComparison.Ordinal);
    }

    private static string Letters(string text) => string.Concat(text.Where(char.IsLetterOrDigit));

    private static (int ExitCode, string Error) Told(CliOutcome outcome) => (outcome.ExitCode, outcome.Error);

    private static void AssertCompares(string output)
    {
        string[][] rows = [.. output.Split('\n').Select(line => line.Split('│', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        string[] plain = Assert.Single(rows, row => row.FirstOrDefault() == "plain");
        string[] ours = Assert.Single(rows, row => row.FirstOrDefault() == "ours");
        Assert.Equal("1.000", plain[3]);
        Assert.InRange(double.Parse(ours[5], CultureInfo.InvariantCulture), 0, 1e-4);
        if (OperatingSystem.IsLinux()) Assert.InRange(double.Parse(ours[7], CultureInfo.InvariantCulture), 10, 100_000);
    }
}
