using SafeDiffusion.Cli.Output;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: errors speak of the command line's options, and say what was meant.</summary>
public sealed class MessageTests
{
    [Theory]
    [InlineData("--guidance: must be at least 1", "--guidance", "0.5")]
    [InlineData("--width: must be a multiple of 16", "--width", "65")]
    [InlineData("--steps: is 2000; give 1 to 1000", "--steps", "2000")]
    [InlineData("--count: must be from 1 to 1000", "--count", "0")]
    [InlineData("--eta: must be from 0 to 1", "--eta", "2")]
    [InlineData("--threads: must be at least 1", "--threads", "0")]
    [InlineData("--guidance: is 1, and safe-latent acts only above 1", "--avoid", "a red triangle", "--guidance", "1")]
    [InlineData("--heatmaps: asks for heat maps, but no protection", "--heatmaps", "maps")]
    [InlineData("--when-detected: says what to do when a concept is still detected, but nothing looks. Add detect-and-guide, or a checker (--checker).", "--when-detected", "blur")]
    [InlineData("--method: is 'safe-latnt'; known are ", "--avoid", "a red triangle", "--method", "safe-latnt")]
    [InlineData("Did you mean safe-latent?", "--avoid", "a red triangle", "--method", "safe-latnt")]
    [InlineData("Did you mean safe-latent?", "--avoid", "a red triangle", "--method", "sdl")]
    [InlineData("'--stepz' is no command or option here. Did you mean --steps?", "--stepz", "3")]
    [InlineData("--negative: is given by the reques", "--policy", "negative.json", "--negative", "rain")]
    [InlineData("protections[0].concpt: is no field that is known here. Did you mean concept? Known are method, concept, preset, ", "--policy", "field.json")]
    [InlineData("protections[0].method: is \"safe-latnt\"; known are ", "--policy", "method.json")]
    [InlineData("Did you mean safe-latent?", "--policy", "method.json")]
    public async Task AnErrorNamesTheOption(string message, params string[] arguments)
    {
        using TemporaryFolder folder = new();
        Write("negative.json", """{ "method": "negative-prompt", "text": "a" }""");
        Write("field.json", """{ "method": "safe-latent", "concpt": "a" }""");
        Write("method.json", """{ "method": "safe-latnt", "concept": "a" }""");
        CliOutcome outcome = await CliProcess.RunAsync(folder, ["generate", "a green star", "--model", Fixture.ShapesModel, .. arguments]);
        Assert.Equal((ExitCode.BadInput, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"PipelineOptions|GenerationRequest|ImageLimits|ImageCodecs", outcome.Error);

        void Write(string file, string protection) => File.WriteAllText(folder.File(file), $$"""{ "version": 1, "protections": [{{protection}}] }""");
    }

    [Theory]
    [InlineData("'genrate' is no command or option here. Did you mean generate?", "genrate", "x")]
    [InlineData("--held-out: must be above 0", "learn", "guideline", "--concept", "red triangle", "--annotator", "shapes", "--held-out", "0.9", "--out", "g.safetensors", "--model", "m")]
    [InlineData("--unsafe-pictures: must be at least 0", "learn", "guideline", "--concept", "red triangle", "--annotator", "shapes", "--unsafe-pictures", "-1", "--out", "g.safetensors", "--model", "m")]
    [InlineData("maps.gif: is to be written as .gif", "learn", "guideline", "--concept", "red triangle", "--annotator", "shapes", "--sheet", "maps.gif", "--out", "g.safetensors", "--model", "m")]
    public async Task OtherCommandsNameTheirsToo(string message, params string[] arguments)
    {
        using TemporaryFolder folder = new();
        CliOutcome outcome = await CliProcess.RunAsync(folder, arguments);
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }
}
