using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: the command protect, as its users run it; what it finds, the library's tests say.</summary>
public sealed class ProtectTests
{
    [Theory]
    [InlineData(2, "--concept", "red triangle")]
    [InlineData(2, "--concept", "teapot", "--judge", "shapes")]
    [InlineData(3, "--concept", "red triangle", "--judge", "no-such-judge.json")]
    [InlineData(3, "--concept", "red triangle", "--judge", "shapes", "--keep", "no-such-file.txt")]
    [InlineData(2, "--concept", "red triangle", "--judge", "shapes", "--layers", ",")]
    [InlineData(2, "--concept", "red triangle", "--judge", "shapes", "--min-kept", "2")]
    public async Task BadInputIsRefusedAndNothingIsWritten(int expected, params string[] arguments)
    {
        using TemporaryFolder folder = new();
        int code = await Program.Main(["protect", "--model", Fixture.ShapesModel, "--quiet", "--out", folder.File("policy"), .. arguments]);
        Assert.Equal(expected, code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task GenerateTakesAPolicysFolder()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.File("policy"));
        File.WriteAllText(folder.File("policy/policy.json"), """{ "version": 1, "protections": [{ "method": "negative-prompt", "text": "a red triangle" }] }""");
        string[] draw = ["generate", "a green star", "--model", Fixture.ShapesModel, "--steps", "2", "--quiet", "--report", folder.File("report.json"), "--policy", folder.File("policy")];
        Assert.Equal(0, await Program.Main([.. draw, "--out", folder.File("picture.png")]));
        Assert.Contains("negative-prompt", File.ReadAllText(folder.File("report.json")), StringComparison.Ordinal);
        Assert.Equal(2, await Program.Main([.. draw, "--out", folder.File("policy/policy.json.png"), "--report", folder.File("policy/policy.json")]));
    }
}
