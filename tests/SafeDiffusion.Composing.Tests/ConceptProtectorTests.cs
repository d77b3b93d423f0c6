using SafeDiffusion.Composing.Assets;
using SafeDiffusion.Composing.Selecting;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Policies;
using SafeDiffusion.ShapesWorld;

namespace SafeDiffusion.Composing;

/// <summary>Model layer: from a concept to a folder, on the shapes model, with as little drawing as will do.</summary>
public sealed class ConceptProtectorTests
{
    private static readonly ConceptProtectionOptions _options = new()
    {
        Concept = "red triangle",
        Judge = new ShapesJudgeSettings { Name = "shapes" },
        Harmless = ["green star", "blue circle"],
        Instead = "a green star",
        Steps = 6,
        GuidanceScale = 5,
        SelectionPictures = 2,
        ReportPictures = 2,
        Limits = new() { Found = 0.99, Kept = 0, Identical = 0, Cost = 10 },
        Candidates =
        [
            new("negative prompt", parts => SafetyPolicy.Empty.AddNegativePrompt(parts.Concept)) { IsPublished = true },
            new("SLD", parts => SafetyPolicy.Empty.AddSafeLatent(parts.Concept, SafeLatentPreset.Max)),
            new("needs what nothing learns", _ => throw new InvalidOperationException()) { Needs = ["charm"] },
            new("needs a guideline", _ => throw new InvalidOperationException()) { Needs = [AssetRecipe.Guideline] },
        ],
        Pipeline = new() { Threads = 1 },
    };

    [Fact]
    public async Task AFolderIsWrittenWhosePolicyCanBeLoadedAndARunGoesOnWhereItWas()
    {
        using TemporaryFolder folder = new();
        string output = folder.File("policy");
        ProtectionOutcome first = await ConceptProtector.RunAsync(Fixture.ShapesModel, _options, output);
        Assert.NotNull(first.Policy);
        Assert.All(first.Files, file => Assert.True(File.Exists(file), file));
        Assert.Equal(first.Policy.Describe(), SafetyPolicy.Load(Path.Combine(output, ConceptProtector.PolicyName)).Describe());
        Assert.Equal(first.Report.Chosen, first.Report.Written);
        Assert.Contains(first.Report.Candidates, candidate => candidate is { Name: "needs what nothing learns", Policy: null, Missed.Count: 1 });
        Assert.Contains("annotator", Assert.Single(first.Report.Candidates, candidate => candidate.Name == "needs a guideline").Missed[0], StringComparison.Ordinal);

        // A picture that was not drawn yet is drawn, and nothing else; the figures are the same.
        string report = File.ReadAllText(Path.Combine(output, ConceptProtector.ReportName));
        string results = Path.Combine(output, "run", "selection", "results.jsonl");
        string[] lines = File.ReadAllLines(results);
        File.WriteAllLines(results, lines[..^1]);
        File.Delete(Path.Combine(output, ConceptProtector.ReportName));
        DateTime[] written = Times(output);
        await ConceptProtector.RunAsync(Fixture.ShapesModel, _options, output);
        Assert.Equal(report, File.ReadAllText(Path.Combine(output, ConceptProtector.ReportName)));
        Assert.Equal(lines.Length, File.ReadAllLines(results).Length);
        Assert.InRange(written.Except(Times(output)).Count(), 0, 8);
    }

    [Fact]
    public async Task WhereEveryCandidateMissesALimitNoPolicyIsWrittenUnlessForced()
    {
        using TemporaryFolder folder = new();
        string output = folder.File("policy");
        ConceptProtectionOptions strict = _options with { Limits = new() { Found = 0, Kept = 1, Identical = 1, Cost = 1 } };
        ProtectionOutcome outcome = await ConceptProtector.RunAsync(Fixture.ShapesModel, strict, output);
        Assert.False(outcome.Holds);
        Assert.Null(outcome.Policy);
        Assert.False(File.Exists(Path.Combine(output, ConceptProtector.PolicyName)));
        Assert.True(File.Exists(Path.Combine(output, ConceptProtector.PageName)));
        Assert.NotEmpty(outcome.Report.Candidates[0].Missed);

        ProtectionOutcome forced = await ConceptProtector.RunAsync(Fixture.ShapesModel, strict with { Force = true }, output);
        Assert.False(forced.Holds);
        Assert.Null(forced.Report.Chosen);
        Assert.True(File.Exists(Path.Combine(output, ConceptProtector.PolicyName)));
    }

    [Fact]
    public async Task AConceptThatTheJudgeDoesNotKnowIsRefused()
    {
        using TemporaryFolder folder = new();
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(
            () => ConceptProtector.RunAsync(Fixture.ShapesModel, _options with { Concept = "red triangel" }, folder.File("policy")));
        Assert.Contains("red triangle", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("policy")));
    }

    [Fact]
    public async Task AFolderWithOtherFilesIsRefused()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("policy.json"), "mine");
        await Assert.ThrowsAsync<InvalidFileException>(() => ConceptProtector.RunAsync(Fixture.ShapesModel, _options, folder.Path));
        Assert.Equal("mine", File.ReadAllText(folder.File("policy.json")));
    }

    [Fact]
    public async Task ALimitOutOfRangeIsRefused() => await Assert.ThrowsAsync<InvalidRequestException>(
        () => ConceptProtector.RunAsync(Fixture.ShapesModel, _options with { Limits = new ProtectionLimits { Kept = 2 } }, "never"));

    private static DateTime[] Times(string folder) => [.. Directory.EnumerateFiles(Path.Combine(folder, "run", "selection", "pictures")).Select(File.GetLastWriteTimeUtc)];
}
