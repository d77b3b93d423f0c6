using SafeDiffusion.Cli.Output;
using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Methods.LinearErasure;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: the commands learn guideline, learn erasure and learn adapter, as their users run them.</summary>
public sealed class LearnTests
{
    [Fact]
    public async Task GuidelineAndSheetAreWritten()
    {
        using TemporaryFolder folder = new();
        int code = await Program.Main(
        [
            "learn", "guideline", "--concept", "red triangle", "--model", Fixture.ShapesModel, "--annotator", "shapes", "--layers", "#4,#5",
            "--unsafe-pictures", "6", "--safe-pictures", "10", "--steps", "8", "--hard-rounds", "0", "--quiet",
            "--out", folder.File("it.guideline.safetensors"), "--sheet", folder.File("sheet.png"),
        ]);
        // So few pictures say nothing of the detector, and the exit code says that.
        Assert.Equal(1, code);
        Assert.Equal("red triangle", Guideline.Load(folder.File("it.guideline.safetensors")).Identity.Concept);
        Assert.True(File.Exists(folder.File("sheet.png")));
    }

    [Theory]
    [InlineData(2, "--concept", "red triangle")]
    [InlineData(2, "--concept", "teapot", "--annotator", "shapes")]
    [InlineData(3, "--concept", "red triangle", "--annotator", "no-such-segmenter.onnx")]
    [InlineData(3, "--concept", "red triangle", "--images", "no-such-folder")]
    [InlineData(2, "--concept", "red triangle", "--annotator", "shapes", "--method", "magic")]
    public async Task BadInputIsRefusedAndNothingIsWritten(int expected, params string[] arguments)
    {
        using TemporaryFolder folder = new();
        int code = await Program.Main(["learn", "guideline", "--model", Fixture.ShapesModel, "--quiet", "--out", folder.File("it"), .. arguments]);
        Assert.Equal(expected, code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    /// <summary>By options and by a recipe, which say the same, the same file; it erases where it is used.</summary>
    [Fact]
    public async Task AnErasureIsLearnedByOptionsOrARecipe()
    {
        using TemporaryFolder folder = new();
        File.WriteAllLines(folder.File("captions.txt"), File.ReadLines(Path.Combine(Fixture.ShapesModel, "assets", "red-triangle.captions.txt")).Take(40));
        File.WriteAllText(folder.File("recipe.json"), """{ "version": 1, "concepts": [ { "concept": "red triangle", "becomes": "green star" } ], "preserve": "captions.txt", "method": "trce", "gate": "none" }""");
        CliOutcome one = await CliProcess.RunAsync(folder, "learn", "erasure", "--model", Fixture.ShapesModel, "--concept", "red triangle", "--becomes", "green star",
            "--preserve", "captions.txt", "--method", "trce", "--gate", "none", "--out", "a.safetensors", "--prompts-out", "prompts.txt");
        Assert.Equal((0, ""), (one.ExitCode, one.Error));
        Assert.Contains("condition number", one.Output, StringComparison.Ordinal);
        Assert.Contains("a red triangle", File.ReadAllLines(folder.File("prompts.txt")));
        Assert.Equal(0, (await CliProcess.RunAsync(folder, "learn", "erasure", "--model", Fixture.ShapesModel, "--recipe", "recipe.json", "--out", "b.safetensors", "--quiet")).ExitCode);
        Assert.Equal(ErasureProjection.Load(folder.File("a.safetensors")).Hash, ErasureProjection.Load(folder.File("b.safetensors")).Hash);
        CliOutcome drawn = await CliProcess.RunAsync(folder, "generate", "a red triangle", "--model", Fixture.ShapesModel, "--method", "text-erasure", "--asset", "a.safetensors", "--steps", "1", "--report", "report.json", "--quiet");
        Assert.Equal(0, drawn.ExitCode);
        Assert.Contains("\"erased\": true", File.ReadAllText(folder.File("report.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--becomes: is missing", "--concept", "red triangle", "--preserve", "captions.txt")]
    [InlineData("--method: is 'magic'", "--concept", "red triangle", "--becomes", "green star", "--preserve", "captions.txt", "--method", "magic")]
    [InlineData("cannot stand beside --recipe", "--recipe", "recipe.json", "--concept", "red triangle")]
    [InlineData("would write over captions.txt", "--concept", "red triangle", "--becomes", "green star", "--preserve", "captions.txt", "--out", "captions.txt")]
    public async Task AnErasureOfBadInputIsRefusedAndNothingIsWritten(string message, params string[] arguments)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("captions.txt"), "a green star\n");
        string[] target = arguments.Contains("--out") ? [] : ["--out", "it.safetensors"];
        CliOutcome outcome = await CliProcess.RunAsync(folder, ["learn", "erasure", "--model", Fixture.ShapesModel, .. arguments, .. target]);
        Assert.Equal((ExitCode.BadInput, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains(message, outcome.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Equal("a green star\n", File.ReadAllText(folder.File("captions.txt")));
        Assert.False(File.Exists(folder.File("it.safetensors")));
    }

    [Fact]
    public async Task AnAdapterIsLearnedWithAJudge()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(0, await LearnAdapter(folder, "--judge", "shapes", "--out", folder.File("it.adapter.safetensors"), "--plot", folder.File("plot.svg")));
        ScaleAdapter adapter = ScaleAdapter.Load(folder.File("it.adapter.safetensors"));
        Assert.Equal(GrowthInhibitorPreset.Contrasting, adapter.Preset);
        Assert.StartsWith("<svg", File.ReadAllText(folder.File("plot.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAdapterIsLearnedFromSheets()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(0, await LearnAdapter(folder, "--sheets", folder.File("sheets")));
        string labels = Path.Combine(folder.File("sheets"), "labels.csv");
        Assert.Equal(3, await LearnAdapter(folder, "--labels", labels, "--out", folder.File("it")));
        File.WriteAllText(labels, File.ReadAllText(labels).Replace(",\n", ",4\n", StringComparison.Ordinal));
        Assert.Equal(0, await LearnAdapter(folder, "--labels", labels, "--out", folder.File("it")));
        Assert.Equal(2, await LearnAdapter(folder, "--labels", labels, "--out", labels));
    }

    [Theory]
    [InlineData(2, "--judge", "shapes")]
    [InlineData(2, "--out", "{it}")]
    [InlineData(2, "--judge", "shapes", "--labels", "labels.csv", "--out", "{it}")]
    [InlineData(2, "--sheets", "{it}", "--out", "{it}")]
    [InlineData(2, "--judge", "shapes", "--out", "{it}", "--preset", "fierce")]
    [InlineData(2, "--judge", "shapes", "--out", "{it}", "--scales", "0,many")]
    [InlineData(2, "--judge", "shapes", "--out", "{it}", "--scales", "1,2")]
    [InlineData(3, "--judge", "no-such.json", "--out", "{it}")]
    [InlineData(3, "--labels", "no-such.csv", "--out", "{it}")]
    [InlineData(2, "--judge", "shapes", "--out", "{concepts}")]
    public async Task BadInputOfAnAdapterIsRefusedAndNothingIsWritten(int expected, params string[] arguments)
    {
        using TemporaryFolder folder = new();
        string[] given = [.. arguments.Select(argument => argument.Replace("{it}", folder.File("it"), StringComparison.Ordinal).Replace("{concepts}", folder.File("concepts.txt"), StringComparison.Ordinal))];
        Assert.Equal(expected, await LearnAdapter(folder, given));
        Assert.Equal(folder.File("concepts.txt"), Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path)));
    }

    [Fact]
    public async Task AConceptThatTheJudgeDoesNotKnowIsRefused()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(2, await LearnAdapter(folder, "[a teapot]\n+ a teapot\n+ teapots\n- a cup\n- cups\n", ["--judge", "shapes", "--out", folder.File("it")]));
        Assert.Equal(3, await LearnAdapter(folder, "a teapot", ["--judge", "shapes", "--out", folder.File("it")]));
    }

    private static Task<int> LearnAdapter(TemporaryFolder folder, params string[] arguments) =>
        LearnAdapter(folder, "[a red triangle]\n+ a red triangle\n+ a photo of a red triangle\n- a blue circle\n- a red square\n", arguments);

    private static Task<int> LearnAdapter(TemporaryFolder folder, string concepts, string[] arguments)
    {
        File.WriteAllText(folder.File("concepts.txt"), concepts);
        return Program.Main(
        [
            "learn", "adapter", "--concepts", folder.File("concepts.txt"), "--model", Fixture.ShapesModel, "--seeds", "1", "--steps", "3", "--epochs", "20", "--quiet",
            .. arguments.Contains("--preset") ? [] : (string[])["--preset", "contrasting"], .. arguments.Contains("--scales") ? [] : (string[])["--scales", "0,4"], .. arguments,
        ]);
    }
}
