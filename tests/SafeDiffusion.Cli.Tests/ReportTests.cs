using System.Text.Json;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: policies on the command line, and the report's stable field names.</summary>
public sealed class ReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task HasTheDocumentedFields()
    {
        File.WriteAllText(_folder.File("policy.json"), """
            { "version": 1, "protections": [ { "method": "safe-latent", "concept": "a red triangle", "preset": "strong", "warmupSteps": 1 } ] }
            """);
        Assert.Equal(0, (await CliProcess.GenerateAsync(
            _folder, "a red triangle and a blue circle", "--policy", "policy.json", "--report", "r.json", "--seed", "3")).ExitCode);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(_folder.File("r.json")));
        JsonElement report = document.RootElement;
        Assert.Equal(["version", "tool", "createdAt", "model", "request", "protections", "warnings", "images", "cost"], Names(report));
        Assert.Equal(["name", "weightsHash", "provider", "onnxRuntime", "sources", "bakedErasures", "quantizedLayers", "quantizedDecoderLayers", "baseWeightsHash", "weightDeltaHash"], Names(report.GetProperty("model")));
        Assert.Equal(
            ["prompt", "negativePrompt", "seed", "count", "width", "height", "steps", "guidanceScale", "eta", "strength", "inversion", "givenLatents"],
            Names(report.GetProperty("request")));
        Assert.Equal(["method", "description", "settings", "assetHashes"], Names(report.GetProperty("protections")[0]));
        Assert.Equal(["seed", "rows", "steps", "redraws", "erasures", "finished", "check"], Names(report.GetProperty("images")[0]));
        Assert.Equal(["rows", "textSeconds", "denoisingSeconds", "uNetSeconds", "decodingSeconds", "lookingSeconds"], Names(report.GetProperty("cost")));
        JsonElement[] steps = [.. report.GetProperty("images")[0].GetProperty("steps").EnumerateArray()];
        Assert.Equal(["step", "timestep", "rows", "terms", "interventions", "observations"], Names(steps[0]));
        Assert.Equal(["protection", "guided", "norm", "reason", "detection"], Names(steps[0].GetProperty("terms")[0]));

        Assert.Equal("cpu", report.GetProperty("model").GetProperty("provider").GetString());
        Assert.Equal(64, report.GetProperty("model").GetProperty("weightsHash").GetString()!.Length);
        Assert.Equal(3, report.GetProperty("request").GetProperty("seed").GetInt64());
        Assert.Equal("safe-latent", report.GetProperty("protections")[0].GetProperty("method").GetString());
        Assert.Equal([false, true, true], steps.Select(step => step.GetProperty("terms")[0].GetProperty("guided").GetBoolean()));
        // The prompt, the null condition and the concept, which momentum needs during warm-up as well.
        Assert.Equal(3 * 3, report.GetProperty("cost").GetProperty("rows").GetInt32());
    }

    [Theory]
    [InlineData("safe-latent", "sld", "--preset", "max", "--steps", "10")]
    [InlineData("negative-prompt", "negative", "--steps", "10")]
    [InlineData("semantic", "sega", "--steps", "15")]
    [InlineData("surgical-erasing", "sce", "--instead", "a ring", "--steps", "20")]
    [InlineData("growth-inhibitor", "gie", "--steps", "10")]
    [InlineData("trajectory-steering", "steering", "--instead", "a ring", "--steps", "10")]
    [InlineData("surgical-erasing", "sce", "--preset", "implicit", "--steps", "20")]
    [InlineData("token-reweighting", "reweight", "--steps", "10")]
    [InlineData("growth-inhibitor", "gie", "--preset", "contrasting", "--steps", "10")]
    public async Task AvoidIsTakenWordForWord(string method, string alias, params string[] more)
    {
        foreach (string name in (string[])[method, alias])
        {
            CliOutcome outcome = await CliProcess.GenerateAsync(
                _folder, ["a red triangle", "--avoid", "a RED triangle, please", "--method", name, "--report", $"{name}.json", "--quiet", .. more]);
            Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
            using JsonDocument report = JsonDocument.Parse(File.ReadAllText(_folder.File($"{name}.json")));
            JsonElement protection = report.RootElement.GetProperty("protections")[0];
            Assert.Equal(method, protection.GetProperty("method").GetString());
            Assert.Contains("\"a RED triangle, please\"", protection.GetProperty("settings").GetRawText(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task LostTextIsAWarningEvenWhenQuiet()
    {
        string prompt = string.Join(' ', Enumerable.Repeat("circle", 30)) + " zebra";
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, prompt, "--report", "r.json", "--quiet");
        Assert.Equal(0, outcome.ExitCode);
        Assert.StartsWith("warning: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("zebra", outcome.Error, StringComparison.Ordinal);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(_folder.File("r.json")));
        Assert.Equal("text-truncated", report.RootElement.GetProperty("warnings")[0].GetProperty("code").GetString());
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Names(JsonElement element) => [.. element.EnumerateObject().Select(property => property.Name)];
}
