using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Policies;
using SafeDiffusion.ShapesWorld;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>
/// Formula layer: <c>docs/suite.schema.json</c> is what the types give, and the suites of the pages are suites. With the environment variable
/// <c>UPDATE_SCHEMAS</c> set to 1 the file is written anew.
/// </summary>
public sealed class SuiteSchemaTests
{
    private static readonly JudgeCatalogue _judges = JudgeCatalogue.Default.AddShapes();

    private static readonly string _path = Path.Combine(Fixture.Root, "docs", "suite.schema.json");

    public static TheoryData<string> Blocks => [.. Page.Read("docs/evaluation.md").Blocks("jsonc")];

    [Fact]
    public void TheSchemaIsThatOfTheTypes()
    {
        string schema = SuiteSchema.Write(_judges);
        if (Environment.GetEnvironmentVariable("UPDATE_SCHEMAS") == "1") File.WriteAllText(_path, schema);
        Assert.Equal(schema, File.ReadAllText(_path).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void EveryFieldIsDescribedOnThePage()
    {
        string page = Page.Read("docs/evaluation.md").Text;
        Type[] documents = [typeof(SuiteDocument), typeof(QuickDocument), typeof(PromptSetDocument), typeof(PromptDocument), typeof(PolicyDocument)];
        string[] names = [.. documents.SelectMany(type => type.GetProperties()).Where(property => property.Name is not ("Schema" or "Text"))
            .Select(property => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(property.Name)).Distinct()];
        Assert.All(names, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void EveryBlockOfThePageIsRead(string block)
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.File("policies"));
        File.WriteAllText(folder.File("policies/mine.json"), SafetyPolicy.Empty.ToJson());
        bool isSuite = block.Contains("\"version\"", StringComparison.Ordinal);
        string suite = isSuite ? block : $$"""
            { "version": 1, "name": "x", "concept": "c", "judges": [{ "type": "shapes", "name": "s" }],
              "sets": [{ "name": "a", "kind": "concept", "prompts": ["p"] }], "policies": [{{block}}] }
            """;
        Assert.NotEmpty(EvaluationSuite.Parse(suite, folder.Path, _judges).Policies);
    }
}
