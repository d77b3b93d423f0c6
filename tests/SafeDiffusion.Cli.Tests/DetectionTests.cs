using System.Text.Json;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Fixtures.Onnx;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: guidelines, heat maps and checkers on the command line, with a guideline that sees its concept everywhere.</summary>
public sealed class DetectionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task AGuidelineDetectsAndItsHeatMapsAreDrawn()
    {
        await WriteGuidelineAsync();
        CliOutcome outcome = await CliProcess.GenerateAsync(
            _folder, "a red triangle", "--guideline", "g.safetensors", "--heatmaps", "maps", "--heatmap-every", "2", "--count", "2", "--out", "p.png", "--report", "r.json");
        Assert.Equal(0, outcome.ExitCode);
        string[] files = ["p-1.png", "p-2.png", "r.json", "maps/p-1-protection-1.png", "maps/p-2-protection-1.png"];
        Assert.Equal(files, outcome.Output.Replace('\\', '/').Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        // Of 3 steps the second and the last, side by side, enlarged three times, each with its scale and its labels below.
        RgbImage sheet = RgbImage.Load(_folder.File("maps/p-2-protection-1.png"));
        Assert.Equal(2 * 3 * 64 + 4, sheet.Width);
        Assert.InRange(sheet.Height, 3 * 64 + 4 + 20, 3 * 64 + 4 + 60);

        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(_folder.File("r.json")));
        JsonElement protection = report.RootElement.GetProperty("protections")[0];
        Assert.Equal("detect-and-guide", protection.GetProperty("method").GetString());
        Assert.Equal("g.safetensors", protection.GetProperty("settings").GetProperty("guideline").GetString());
        Assert.Equal(Guideline.Load(_folder.File("g.safetensors")).Hash, protection.GetProperty("assetHashes")[0].GetString());
        JsonElement term = report.RootElement.GetProperty("images")[1].GetProperty("steps")[0].GetProperty("terms")[0];
        Assert.True(term.GetProperty("guided").GetBoolean());
        Assert.Equal((1, 1), (term.GetProperty("detection").GetProperty("maximum").GetInt32(), term.GetProperty("detection").GetProperty("area").GetInt32()));
    }

    [Theory]
    [InlineData("withhold", "it was withheld", 0)]
    [InlineData("flag", "it was given as it is", 0)]
    [InlineData("regenerate", "drawn again 2 times", 2)]
    public async Task WhatIsStillDetectedIsDealtWithAndTold(string action, string expected, int attempts)
    {
        await WriteGuidelineAsync();
        string[] arguments = ["a red triangle", "--guideline", "g.safetensors", "--when-detected", action, "--out", "p.png", "--report", "r.json"];
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, [.. arguments, "--quiet"]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("warning: picture 1", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(action != "flag", RgbImage.Load(_folder.File("p.png")).Pixels.ToArray().All(value => value == 128));
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(_folder.File("r.json")));
        JsonElement check = report.RootElement.GetProperty("images")[0].GetProperty("check");
        Assert.Equal((true, attempts), (check.GetProperty("flagged").GetBoolean(), check.GetProperty("attempts").GetInt32()));
        Assert.Equal(action == "flag" ? "flag" : "withhold", check.GetProperty("action").GetString());
    }

    /// <summary>Methods that know their concept by what was learned for it.</summary>
    [Theory]
    [InlineData("detection", "--asset", "g.safetensors", "--method", "detection")]
    [InlineData("detection", "--guideline", "g.safetensors", "--method", "detection")]
    [InlineData("detect-and-guide", "--asset", "g.safetensors", "--method", "dag", "--avoid", "a triangle", "--preset", "published", "--steps", "8")]
    [InlineData("text-erasure", "--asset", "p.safetensors", "--method", "text-erasure")]
    public async Task AMethodIsMadeFromItsAsset(string method, params string[] arguments)
    {
        AssetIdentity identity = await WriteGuidelineAsync();
        float[] unity = new float[64 * 64];
        for (int i = 0; i < 64; i++) unity[i * 65] = 1;
        new ErasureProjection(identity, unity, 64).Save(_folder.File("p.safetensors"));
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, ["a red triangle", "--report", "r.json", .. arguments]);
        Assert.Equal((0, "out.png"), (outcome.ExitCode, outcome.Output.Split('\n')[0].Trim()));
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(_folder.File("r.json")));
        Assert.Equal(method, report.RootElement.GetProperty("protections")[0].GetProperty("method").GetString());
    }

    [Fact]
    public async Task CheckersLookAtThePicture()
    {
        Directory.CreateDirectory(_folder.File("safety_checker"));
        WriteChecker("safety_checker/model.onnx", "Greater");
        WriteChecker("never.onnx", "Less");
        CliOutcome outcome = await CliProcess.GenerateAsync(
            _folder, "a red triangle", "--checker", "never.onnx", "--checker", "safety_checker/model.onnx", "--when-detected", "blur", "--out", "p.png", "--report", "r.json");
        Assert.Equal((0, "p.png"), (outcome.ExitCode, outcome.Output.Split('\n')[0].Trim()));
        Assert.Contains("by safety_checker; it was blurred", outcome.Error, StringComparison.Ordinal);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(_folder.File("r.json")));
        JsonElement check = report.RootElement.GetProperty("images")[0].GetProperty("check");
        Assert.Equal(["safety_checker"], check.GetProperty("by").EnumerateArray().Select(by => by.GetString()));

        outcome = await CliProcess.GenerateAsync(_folder, "a red triangle", "--checker", "never.onnx", "--out", "p.png");
        Assert.Contains("checked: nothing was found in the finished picture", outcome.Error, StringComparison.Ordinal);
    }

    public static TheoryData<int, string, string[]> Errors => new()
    {
        { ExitCode.BadInput, "known are flag, blur", ["--when-detected", "burn"] },
        { ExitCode.BadInput, "nothing looks", ["--when-detected", "blur"] },
        { ExitCode.BadInput, "said by the policy already", ["--when-detected", "blur", "--policy", "policy.json"] },
        { ExitCode.BadInput, "exclude each other", ["--guideline", "g.safetensors", "--policy", "policy.json"] },
        { ExitCode.BadInput, "no protection of the policy detects", ["--heatmaps", "maps"] },
        { ExitCode.BadInput, "detects by a guideline", ["--avoid", "a red triangle", "--method", "dag"] },
        { ExitCode.BadInput, "belongs to detect-and-guide", ["--guideline", "g.safetensors", "--method", "sld"] },
        { ExitCode.BadInput, "known are early, published", ["--guideline", "g.safetensors", "--preset", "max"] },
        { ExitCode.BadInput, "--asset: is missing: text-erasure", ["--method", "text-erasure"] },
        { ExitCode.BadInput, "--avoid: belongs to detect-and-guide", ["--asset", "g.safetensors", "--method", "detection", "--avoid", "y"] },
        { ExitCode.BadInput, "--method: is missing", ["--asset", "g.safetensors"] },
        { ExitCode.BadInput, "a method has one file", ["--asset", "g.safetensors", "--guideline", "g.safetensors"] },
        { ExitCode.BadFile, "absent.safetensors", ["--guideline", "absent.safetensors"] },
        { ExitCode.BadFile, "absent.onnx", ["--checker", "absent.onnx"] },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task WhatContradictsItselfIsRefused(int code, string message, string[] arguments)
    {
        File.WriteAllText(_folder.File("policy.json"), """{ "version": 1, "protections": [], "whenStillDetected": { "action": "flag" } }""");
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, ["x", .. arguments]);
        Assert.Equal((code, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A guideline of this model whose every score is above its ceiling.</summary>
    private async Task<AssetIdentity> WriteGuidelineAsync()
    {
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel);
        string hash = (await pipeline.GenerateAsync(new GenerationRequest("") { Steps = 1 })).Report.Model.WeightsHash;
        AssetIdentity identity = new() { Concept = "a red triangle", BaseModelHash = hash, Tool = "test" };
        int width = pipeline.Model.TextWidth;
        new Guideline(identity, new float[width], width, [], LayerSelection.Detection, [new CalibrationBand(0, -2, -1)]).Save(_folder.File("g.safetensors"));
        return identity;
    }

    /// <summary>A checker that flags pictures whose mean is above, or below, what no picture has.</summary>
    private void WriteChecker(string path, string comparison)
    {
        TinyGraph graph = new TinyGraph().Input("clip_input", OnnxElementType.Float32, -1, 3, 224, 224);
        string decision = graph.Node(comparison, [graph.Mean("clip_input", 1, 2, 3), graph.Floats([-1000])]);
        graph.Output("has_nsfw_concepts", OnnxElementType.Boolean, decision, -1).Save(_folder.File(path));
    }
}
