using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: the command learn guideline, as its users run it.</summary>
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
        Assert.Equal(0, code);
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
}
