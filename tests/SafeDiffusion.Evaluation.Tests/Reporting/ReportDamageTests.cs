using System.Text.RegularExpressions;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>Formula layer: a report whose figures are no figures is no baseline.</summary>
public sealed class ReportDamageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("\"value\": [-0-9.eE]+", "\"value\": 1e999")]
    [InlineData("\"value\": [-0-9.eE]+", "\"value\": -1e999")]
    [InlineData("\"standardError\": [-0-9.eE]+", "\"standardError\": 1e999")]
    [InlineData("\"low\": [-0-9.eE]+", "\"low\": 1e999")]
    [InlineData("\"samples\": [0-9]+", "\"samples\": -3")]
    [InlineData("\"sets\": \\[\\s*\\{", "\"sets\": [ null, {")]
    [InlineData("\"similarity\": [-0-9.eE]+", "\"similarity\": 1e999")]
    [InlineData("\"pictures\": \\[", "\"pictures\": [ null,")]
    [InlineData("\"version\": 1", "\"version\": 1, \"version\": 2")]
    [InlineData("\"suite\": \"", "\"suite\": \"\\ud800")]
    [InlineData("\"run\": \\{", "\"run\": null, \"other\": {")]
    [InlineData("^\\{", "[")]
    public void IsRefused(string pattern, string replacement)
    {
        string whole = SmallRun.Build(SmallRun.Asked).ToJson();
        string file = _folder.File("report.json");
        File.WriteAllText(file, whole);
        EvaluationReport.Load(file);
        string damaged = new Regex(pattern).Replace(whole, replacement.Replace("$", "$$", StringComparison.Ordinal), 1);
        Assert.NotEqual(whole, damaged);
        File.WriteAllText(file, damaged);
        Assert.Equal(file, Assert.Throws<InvalidFileException>(() => EvaluationReport.Load(file)).File);
    }

    public void Dispose() => _folder.Dispose();
}
