using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Runs.Drawing;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Policies;
using SafeDiffusion.ShapesWorld;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>Formula layer: what a suite's file may say, and that an error names the field by its path.</summary>
public sealed class SuiteJsonTests : IDisposable
{
    private const string Whole = """
        {
          "version": 1, "name": "test", "model": "model", "concept": "red triangle", "steps": 3, "guidanceScale": 5, "seeds": 4, "firstSeed": 10,
          "metrics": ["erase-rate"], "quick": { "seeds": 2, "sets": ["a"], "policies": ["none"] },
          "judges": [{ "type": "shapes", "name": "shapes" }],
          "sets": [
            { "name": "a", "kind": "concept", "prompts": ["a red triangle", { "text": "x", "keep": ["blue circle"] }] },
            { "name": "b", "kind": "mixed", "file": "sub/prompts.txt", "keep": ["green star"], "seeds": 2, "firstSeed": 0 }
          ],
          "policies": [
            { "name": "none", "protections": [] },
            { "name": "in file", "file": "policy.json" },
            { "name": "SLD", "protections": [{ "method": "safe-latent", "concept": "c", "preset": "max" }] }
          ]
        }
        """;

    private static readonly JudgeCatalogue _judges = JudgeCatalogue.Default.AddShapes();

    private readonly TemporaryFolder _folder = new();

    public SuiteJsonTests()
    {
        Directory.CreateDirectory(_folder.File("sub"));
        File.WriteAllText(_folder.File("sub/prompts.txt"), "first\r\n\n  second \n");
        File.WriteAllText(_folder.File("policy.json"), SafetyPolicy.Empty.AddNegativePrompt("n").ToJson());
    }

    public static TheoryData<string, string, string, string> Errors => new()
    {
        { "\"version\": 1", "\"version\": 2", "version", "reads version 1" },
        { "\"steps\": 3", "\"stepps\": 3", "stepps", "Did you mean steps? Known are version, name, model, concept, steps," },
        { "\"steps\": 3", "\"steps\": 3, \"steps\": 4", "steps", "uplicate" },
        { "\"steps\": 3", "\"steps\": \"3\"", "steps", "could not be converted" },
        { "\"steps\": 3", "\"steps\": 0", "steps", "at least 1" },
        { "\"guidanceScale\": 5", "\"guidanceScale\": 0.5", "guidanceScale", "at least 1" },
        { "\"seeds\": 4", "\"seeds\": 0", "sets[0].seeds", "1 to" },
        { "\"concept\": \"red triangle\"", "\"concept\": \" \"", "concept", "empty" },
        { "\"model\": \"model\"", "\"model\": \"../model\"", "model", "leaves" },
        { "\"model\": \"model\"", "\"model\": \"/model\"", "model", "leaves" },
        { "sub/prompts.txt", "../prompts.txt", "sets[1].file", "leaves" },
        { "sub/prompts.txt", "C:/prompts.txt", "sets[1].file", "leaves" },
        { "\"file\": \"policy.json\"", "\"file\": \"sub/../../policy.json\"", "policies[1].file", "leaves" },
        { "\"kind\": \"concept\"", "\"kind\": \"other\"", "sets[0].kind", "could not be converted" },
        { "\"kind\": \"concept\", \"prompts\"", "\"kind\": \"concept\", \"file\": \"x\", \"prompts\"", "sets[0].prompts", "either" },
        { "\"kind\": \"concept\"", "\"kind\": \"concept\", \"start\": { \"prompts\": [\"x\"], \"strength\": 0 }", "sets[0].start.strength", "above 0" },
        { "\"kind\": \"concept\"", "\"kind\": \"concept\", \"start\": { \"prompts\": [\" \"] }", "sets[0].start.prompts[0]", "empty" },
        { "\"kind\": \"concept\"", "\"kind\": \"concept\", \"start\": { \"strength\": 0.5 }", "sets[0].start", "prompts" },
        { "\"a red triangle\",", "3,", "sets[0].prompts[0]", "neither" },
        { "\"a red triangle\",", "\"\",", "sets[0].prompts[0].text", "empty" },
        { "{ \"text\": \"x\", \"keep\": [\"blue circle\"] }", "{ \"text\": \"x\", \"kept\": [] }", "sets[0].prompts[1].kept", "Known are text, keep." },
        { ", \"keep\": [\"green star\"]", "", "sets[1].prompts[0].keep", "mixed" },
        { "\"name\": \"b\"", "\"name\": \"A\"", "sets[1].name", "second time" },
        { "\"name\": \"b\"", "\"name\": \"b/c\"", "sets[1].name", "letters" },
        { "\"protections\": []", "\"protections\": [{ \"method\": \"negative-prompt\", \"text\": \"x\" }]", "policies", "without protections" },
        { "\"preset\": \"max\"", "\"preset\": \"most\"", "policies[2].protections[0].preset", "could not be converted" },
        { "\"method\": \"safe-latent\"", "\"method\": \"wish\"", "policies[2].protections[0].method", "known are" },
        { "\"protections\": []", "\"protections\": [], \"file\": \"policy.json\"", "policies[0].protections", "either" },
        { "[\"erase-rate\"]", "[\"luck\"]", "metrics[0]", "there are" },
        { "\"sets\": [\"a\"]", "\"sets\": [\"z\"]", "quick.sets[0]", "there are a, b" },
        { "\"quick\": { \"seeds\": 2", "\"quick\": { \"seeds\": 0", "quick.seeds", "1 to" },
        { "\"type\": \"shapes\", ", "\"type\": \"shapes\", \"colour\": 1, ", "judges[0].colour", "is no field that is known here. Known are type, " },
        { "\"type\": \"shapes\", ", "\"type\": \"oracle\", ", "judges[0].type", "known are onnx-classifier, onnx-detector, shapes" },
        { "\"type\": \"shapes\", ", "", "judges[0].type", "known are" },
        { "[{ \"type\": \"shapes\", \"name\": \"shapes\" }]", "[]", "judges", "empty" },
        { "[{ \"type\": \"shapes\", \"name\": \"shapes\" }]", "[null]", "judges[0]", "null" },
        { "\"a red triangle\",", "\"\\ud800\",", "sets[0].prompts[0]", "surrogate" },
        { "\"text\": \"x\"", "\"text\": \"\\udc00\"", "sets[0].prompts[1].text", "surrogate" },
        { "\"type\": \"shapes\"", "\"type\": \"\\ud800\"", "judges[0].type", "surrogate" },
        { "sub/prompts.txt", "sub/pro\\u0000mpts.txt", "sets[1].file", "usable" },
        { "\"file\": \"policy.json\"", "\"file\": \"\\u0000\"", "policies[1].file", "usable" },
        { "\"model\": \"model\"", "\"model\": \"a\\u0000b\"", "model", "usable" },
        { "\"seeds\": 4", "\"seeds\": 2000000000", "sets[0].seeds", "1 to" },
        { "\"method\": \"safe-latent\"", "\"method\": \"\\ud800\"", "policies[2].protections[0].method", "surrogate" },
    };

    [Fact]
    public void ReadsEverything()
    {
        EvaluationSuite suite = EvaluationSuite.Parse(Whole, _folder.Path, _judges);
        Assert.Equal(("test", "red triangle", _folder.File("model")), (suite.Name, suite.Concept, suite.Model));
        Assert.Equal(new SuiteSettings { Steps = 3, GuidanceScale = 5 }, suite.Settings);
        Assert.Equal(("a", PromptSetKind.Concept, 4, 10L), (suite.Sets[0].Name, suite.Sets[0].Kind, suite.Sets[0].Seeds, suite.Sets[0].FirstSeed));
        Assert.Equal(["a red triangle", "x"], suite.Sets[0].Prompts.Select(prompt => prompt.Text));
        Assert.Empty(suite.Sets[0].Prompts[0].Keep);
        Assert.Equal("blue circle", Assert.Single(suite.Sets[0].Prompts[1].Keep));
        Assert.Equal("a red triangle", suite.Sets[0].PromptOf(2).Text);
        Assert.Equal((2, 0L), (suite.Sets[1].Seeds, suite.Sets[1].FirstSeed));
        Assert.Equal(["first", "second"], suite.Sets[1].Prompts.Select(prompt => prompt.Text));
        Assert.All(suite.Sets[1].Prompts, prompt => Assert.Equal("green star", Assert.Single(prompt.Keep)));
        Assert.Equal(["none", "in file", "SLD"], suite.Policies.Select(policy => policy.Name));
        Assert.Equal("negative-prompt", suite.Policies[1].Policy.Protections[0].Method);
        Assert.Equal("none", suite.Undefended.Name);
        Assert.Equal("erase-rate", Assert.Single(suite.Metrics));
        Assert.Equal(3 * (4 + 2), suite.Pictures);
    }

    [Fact]
    public void PartsKeepTheSuitesOrderAndTheUndefendedPolicy()
    {
        EvaluationSuite suite = EvaluationSuite.Parse(Whole, _folder.Path, _judges);
        EvaluationSuite quick = suite.Quick();
        Assert.Equal((1, 1, 2), (quick.Sets.Length, quick.Policies.Length, quick.Sets[0].Seeds));
        Assert.Equal(["none", "SLD"], suite.WithPolicies(["SLD"]).Policies.Select(policy => policy.Name));
        Assert.Equal(["b"], suite.WithSets(["b"]).Sets.Select(set => set.Name));
        Assert.Equal("sets", Assert.Throws<InvalidSuiteException>(() => suite.WithSets(["c"])).Path);
        Assert.Equal("policies", Assert.Throws<InvalidSuiteException>(() => suite.WithPolicies(["c"])).Path);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public void AnErrorNamesTheField(string text, string replacement, string path, string reason)
    {
        Assert.Contains(text, Whole, StringComparison.Ordinal);
        int at = Whole.IndexOf(text, StringComparison.Ordinal);
        string json = Whole[..at] + replacement + Whole[(at + text.Length)..];
        InvalidSuiteException error = Assert.Throws<InvalidSuiteException>(() => EvaluationSuite.Parse(json, _folder.Path, _judges));
        Assert.Equal(path, error.Path);
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sub/prompts.txt", "sets[1].file")]
    [InlineData("policy.json", "policies[1].file")]
    [InlineData("model", "model")]
    public void ALinkThatLeavesTheFolderIsRefused(string name, string field)
    {
        if (OperatingSystem.IsWindows()) return;
        using TemporaryFolder elsewhere = new();
        string target = elsewhere.File("target");
        if (name == "model") Directory.CreateDirectory(target);
        else File.Move(_folder.File(name), target);
        File.CreateSymbolicLink(_folder.File(name), target);
        InvalidSuiteException error = Assert.Throws<InvalidSuiteException>(() => EvaluationSuite.Parse(Whole, _folder.Path, _judges));
        Assert.Equal(field, error.Path);
        Assert.Contains("through a link", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void ALinkInsideTheFolderIsFollowed()
    {
        if (OperatingSystem.IsWindows()) return;
        File.Move(_folder.File("sub/prompts.txt"), _folder.File("real.txt"));
        File.CreateSymbolicLink(_folder.File("sub/prompts.txt"), "../real.txt");
        Assert.Equal(2, EvaluationSuite.Parse(Whole, _folder.Path, _judges).Sets[1].Prompts.Length);
    }

    [Fact]
    public void TheFilesThatItNamesAreKnown() =>
        Assert.Equal([_folder.File("sub/prompts.txt"), _folder.File("policy.json")], EvaluationSuite.Parse(Whole, _folder.Path, _judges).Files.AsEnumerable());

    [Fact]
    public void APromptAsLongAsNoRequestMayBeIsRefused()
    {
        File.WriteAllText(_folder.File("sub/prompts.txt"), new string('a', GenerationRequest.MaxTextLength + 1));
        Assert.Equal("sets[1].prompts[0].text", Assert.Throws<InvalidSuiteException>(() => EvaluationSuite.Parse(Whole, _folder.Path, _judges)).Path);
    }

    [Fact]
    public void SeedsBeyondEveryPlanAreRefused() =>
        Assert.Equal("seeds", Assert.Throws<InvalidSuiteException>(() => EvaluationSuite.Parse(Whole, _folder.Path, _judges).WithSeeds(int.MaxValue)).Path);

    [Fact]
    public void AFileThatIsNotThereIsNamed()
    {
        File.Delete(_folder.File("policy.json"));
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => EvaluationSuite.Parse(Whole, _folder.Path, _judges));
        Assert.Contains("policy.json", error.File, StringComparison.Ordinal);
    }

    [Fact]
    public void TheShippedSuiteIsWhatItsPageSays()
    {
        EvaluationSuite suite = EvaluationSuite.Load(Path.Combine(Fixture.ShapesModel, "suite.json"), _judges);
        Assert.Equal(["explicit", "implicit", "adversarial", "mixed", "near misses", "near-miss pairs", "harmless"], suite.Sets.Select(set => set.Name));
        Assert.All(suite.Sets, set => Assert.Equal(100, set.Seeds));
        Assert.Equal((25, 5f, 64, 64), (suite.Settings.Steps, suite.Settings.GuidanceScale, suite.Settings.Width, suite.Settings.Height));
        Assert.All(suite.Sets[1].Prompts, prompt => Assert.DoesNotContain("triangle", prompt.Text, StringComparison.Ordinal));
        using JudgePanel judges = JudgePanel.Create(suite, ExecutionProvider.Cpu);
        Assert.Contains("red triangle", judges.Judges[0].Labels);
    }

    public void Dispose() => _folder.Dispose();
}
