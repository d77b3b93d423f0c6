using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: what <c>generate</c> writes, by the tool's own process and the shapes model.</summary>
public sealed class GenerateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task WritesThePictureAndTellsWhere()
    {
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, "a blue circle", "--out", "sub/picture.png");
        Assert.Equal((0, "sub/picture.png"), (outcome.ExitCode, outcome.Output.Trim()));
        Assert.Contains("3 steps", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', outcome.Output + outcome.Error);
        RgbImage picture = RgbImage.Load(_folder.File("sub/picture.png"));
        Assert.Equal((64, 64), (picture.Width, picture.Height));
    }

    [Fact]
    public async Task SettingsAreInThePictureUnlessSwitchedOff()
    {
        Assert.Equal(0, (await CliProcess.GenerateAsync(_folder, "a blue circle", "--seed", "5", "--out", "with.png", "--quiet")).ExitCode);
        CliOutcome quiet = await CliProcess.GenerateAsync(_folder, "a blue circle", "--seed", "5", "--out", "without.png", "--quiet", "--no-settings");
        Assert.Equal((0, "", ""), (quiet.ExitCode, quiet.Output, quiet.Error));
        string settings = PngCodec.ReadText(_folder.File("with.png"))[GenerationResult.SettingsKeyword];
        Assert.Contains("\"seed\":5", settings, StringComparison.Ordinal);
        Assert.Empty(PngCodec.ReadText(_folder.File("without.png")));
        Assert.Equal(Pixels("with.png"), Pixels("without.png"));
    }

    [Fact]
    public async Task LatentsGoOutAndComeBackAsTheSamePicture()
    {
        string[] request = ["a blue circle", "--count", "2", "--quiet"];
        Assert.Equal(0, (await CliProcess.GenerateAsync(_folder, [.. request, "--seed", "5", "--out", "a.png", "--latents-out", "l.safetensors"])).ExitCode);
        SafeTensorsFile latents = SafeTensorsFile.Load(_folder.File("l.safetensors"));
        Assert.Equal([2L, 4, 16, 16], latents.Get("latents_initial").Shape.ToArray());
        Assert.Equal([3 * 2L, 4, 16, 16], latents.Get("latents_steps").Shape.ToArray());
        StoredTensor final = latents.Get("latents_final");
        Assert.Equal(latents.Get("latents_steps").ToSingles()[^final.ToSingles().Length..], final.ToSingles());

        Assert.Equal(0, (await CliProcess.GenerateAsync(_folder, [.. request, "--out", "b.png", "--latents-in", "l.safetensors"])).ExitCode);
        foreach (int i in (int[])[1, 2]) Assert.Equal(Pixels($"a-{i}.png"), Pixels($"b-{i}.png"));
    }

    [Fact]
    public async Task PromptsOfStandardInputAreNumbered()
    {
        string[] arguments =
        [
            "generate", "-", "--model", Fixture.ShapesModel, "--threads", "1", "--steps", "2", "--count", "2",
            "--out", "p.png", "--report", "p.json", "--sheet", "sheet.png",
        ];
        using CliProcess process = CliProcess.Start(_folder.Path, arguments, "a red circle\n\n  a blue square \n");
        CliOutcome outcome = await process.EndAsync();
        Assert.Equal(0, outcome.ExitCode);
        string[] files = ["p-1-1.png", "p-1-2.png", "p-1.json", "p-2-1.png", "p-2-2.png", "p-2.json", "sheet.png"];
        Assert.Equal(files, outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Assert.Equal(files, Files());
        Assert.Contains("\"prompt\": \"a blue square\"", File.ReadAllText(_folder.File("p-2.json")), StringComparison.Ordinal);
        RgbImage sheet = RgbImage.Load(_folder.File("sheet.png"));
        Assert.Equal((2 * 64 + 8, 2 * 64 + 8), (sheet.Width, sheet.Height));
        Assert.Equal(Pixels("p-2-1.png"), sheet.Crop(0, 64 + 8, 64, 64).Pixels.ToArray());
    }

    [Fact]
    public async Task PromptsOfAFileAndPreviews()
    {
        File.WriteAllText(_folder.File("prompts.txt"), "a red circle\na blue square\n");
        CliOutcome outcome = await CliProcess.GenerateAsync(
            _folder, "--prompts", "prompts.txt", "--previews", "steps", "--preview-every", "2", "--out", "p.png", "--quiet");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Equal(["p-1.png", "p-2.png", "prompts.txt", "steps/1-step-002.png", "steps/2-step-002.png"], Files());
    }

    [Fact]
    public async Task PromptsInAnotherEncodingAreRefusedWithTheirLine()
    {
        File.WriteAllBytes(_folder.File("prompts.txt"), [.. "a star\nun triangle rouge "u8, 0xE9, (byte)'t', 0xE9, (byte)'\n']);
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, "--prompts", "prompts.txt", "--out", "p.png");
        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("prompts.txt: line 2 is not text in UTF-8", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(["prompts.txt"], Files());
    }

    [Fact]
    public async Task SyntaxOfOtherToolsIsWarnedOfThoughQuiet()
    {
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, "a (red:1.3) triangle BREAK <lora:foo:0.8>", "--out", "p.png", "--report", "p.json", "--quiet");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("warning: the text holds (red:1.3), BREAK, <lora:foo:0.8>, which", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("prompt-syntax-literal", File.ReadAllText(_folder.File("p.json")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheModelsOwnCheckerIsAskedForByName()
    {
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, "a star", "--checker", "model", "--when-detected", "withhold", "--out", "p.png");
        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("the model folder holds no safety checker", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(Files());
    }

    [Fact]
    public async Task APictureCanBeTheStart()
    {
        Assert.Equal(0, (await CliProcess.GenerateAsync(_folder, "a red circle", "--out", "a.png", "--quiet")).ExitCode);
        CliOutcome outcome = await CliProcess.GenerateAsync(
            _folder, "a red circle", "--init-image", "a.png", "--strength", "0.7", "--out", "b.png", "--report", "b.json");
        Assert.Equal(0, outcome.ExitCode);
        // Of 3 steps, int(3 * 0.7) = 2 are taken.
        using System.Text.Json.JsonDocument report = System.Text.Json.JsonDocument.Parse(File.ReadAllText(_folder.File("b.json")));
        Assert.Equal(2, report.RootElement.GetProperty("images")[0].GetProperty("steps").GetArrayLength());
    }

    public void Dispose() => _folder.Dispose();

    private byte[] Pixels(string file) => RgbImage.Load(_folder.File(file)).Pixels.ToArray();

    private string[] Files() =>
    [
        .. Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(_folder.Path, file).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];
}
