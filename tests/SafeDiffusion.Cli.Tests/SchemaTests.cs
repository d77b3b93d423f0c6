using SafeDiffusion.Cli.Output;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Formula layer: <c>schema</c> writes the files of <c>docs</c>, byte for byte.</summary>
public sealed class SchemaTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("policy")]
    [InlineData("suite")]
    [InlineData("erasure")]
    public async Task ItIsThePublishedFile(string of)
    {
        byte[] published = File.ReadAllBytes(Path.Combine(Fixture.Root, "docs", $"{of}.schema.json"));
        Assert.Equal(0, (await CliProcess.RunAsync(_folder, "schema", of, "--out", "schema.json")).ExitCode);
        Assert.Equal(published, File.ReadAllBytes(_folder.File("schema.json")));
        CliOutcome printed = await CliProcess.RunAsync(_folder, "schema", of);
        Assert.Equal((0, "", System.Text.Encoding.UTF8.GetString(published)), (printed.ExitCode, printed.Error, printed.Output));
    }

    [Theory]
    [InlineData("known are policy, suite and erasure", "report")]
    [InlineData("belongs to the schema of policies", "suite", "--methods", "x.dll")]
    [InlineData("would write over x.dll", "policy", "--methods", "x.dll", "--out", "x.dll")]
    public async Task WhatCannotBeIsRefused(string message, params string[] arguments)
    {
        CliOutcome outcome = await CliProcess.RunAsync(_folder, ["schema", .. arguments]);
        Assert.Equal((ExitCode.BadInput, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
