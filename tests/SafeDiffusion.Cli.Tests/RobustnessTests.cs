using System.Text.Json;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: <c>robustness</c> on the shapes model.</summary>
public sealed class RobustnessTests
{
    [Fact]
    public async Task ASearchWritesWhatItFoundAndSaysHowOften()
    {
        using TemporaryFolder folder = new();
        string suite = Path.Combine(Fixture.ShapesModel, "suite.json");
        File.WriteAllText(folder.File("words.txt"), "red\ntriangle\nzard\nworks\nross\nfound\npink\nblue\ncross\nof\nl\nc\ntar\n");
        CliOutcome outcome = await CliProcess.RunAsync(folder, "robustness", suite, "--words", "words.txt", "--draws", "8", "--out", "found.txt", "--report", "found.json");
        Assert.Equal((0, "found.txt\nfound.json\n"), (outcome.ExitCode, outcome.Output));
        Assert.Contains("95 % interval", outcome.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(folder.File("found.json")));
        JsonElement result = report.RootElement.GetProperty("result");
        Assert.Equal(8, result.GetProperty("draws").GetInt32());
        Assert.Equal("draws", result.GetProperty("end").GetString());
        Assert.Equal(File.ReadAllLines(folder.File("found.txt")).Length, result.GetProperty("found").GetArrayLength());
    }

    [Theory]
    [InlineData("--policy-name", "no such")]
    [InlineData("--count", "0")]
    [InlineData("--share", "1.5")]
    [InlineData("--time-limit", "-1")]
    [InlineData("--exclude", "a")]
    public async Task WhatCannotBeSearchedIsRefused(string option, string value)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("words.txt"), "a\nab\nac\nad\nae\naf\nag\nah\nai\nak\nal\nam\n");
        CliOutcome outcome = await CliProcess.RunAsync(
            folder, "robustness", Path.Combine(Fixture.ShapesModel, "suite.json"), "--words", "words.txt", "--out", "found.txt", option, value);
        Assert.Equal(2, outcome.ExitCode);
        Assert.False(File.Exists(folder.File("found.txt")));
    }
}
