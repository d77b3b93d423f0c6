using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.LinearErasure;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: <c>bake</c> on the shapes model.</summary>
public sealed class BakeTests
{
    [Fact]
    public async Task ABakedModelDrawsAndSaysWhatIsInIt()
    {
        using TemporaryFolder folder = new();
        Erasure(folder, "a.safetensors", Hash());
        string[] arguments = ["bake", "--model", Fixture.ShapesModel, "--erasure", "a.safetensors", "--copy-weights", "--out", "made"];
        CliOutcome outcome = await CliProcess.RunAsync(folder, arguments);
        Assert.Equal((0, "made\n"), (outcome.ExitCode, outcome.Output));
        Assert.Contains("every text, the null condition and other protections' texts included", outcome.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains("a red triangle (", (await CliProcess.RunAsync(folder, "inspect", "--model", "made")).Output, StringComparison.Ordinal);
        CliOutcome drawn = await CliProcess.RunAsync(folder, "generate", "a green star", "--model", "made", "--steps", "2", "--report", "report.json", "--quiet");
        Assert.Equal(0, drawn.ExitCode);
        Assert.Contains("\"bakedErasures\"", File.ReadAllText(folder.File("report.json")), StringComparison.Ordinal);
        Assert.Equal(3, (await CliProcess.RunAsync(folder, arguments)).ExitCode);
        Assert.Equal(3, (await CliProcess.RunAsync(folder, "bake", "--model", "made", "--erasure", "a.safetensors", "--out", "again")).ExitCode);
        Assert.False(Directory.Exists(folder.File("again")));
    }

    [Fact]
    public async Task AnErasureOfAnotherModelIsRefused()
    {
        using TemporaryFolder folder = new();
        Erasure(folder, "a.safetensors", new string('0', 64));
        CliOutcome outcome = await CliProcess.RunAsync(folder, "bake", "--model", Fixture.ShapesModel, "--erasure", "a.safetensors", "--out", "made");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("error: --erasure: a.safetensors was learned with another model", outcome.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("made")));
    }

    private static string Hash() => WeightsHash.Compute(
        [OnnxModelFile.Load(Path.Combine(Fixture.ShapesModel, "text_encoder", "model.onnx")), OnnxModelFile.Load(Path.Combine(Fixture.ShapesModel, "unet", "model.onnx"))]);

    /// <summary>Leaves out every fourth direction of the text states.</summary>
    private static void Erasure(TemporaryFolder folder, string name, string hash)
    {
        const int Width = 64;
        float[] matrix = new float[Width * Width];
        for (int i = 0; i < Width; i++) matrix[i * Width + i] = i % 4 == 0 ? 0 : 1;
        new ErasureProjection(new() { Concept = "a red triangle", BaseModelHash = hash, Tool = "test" }, matrix, Width).Save(folder.File(name));
    }
}
