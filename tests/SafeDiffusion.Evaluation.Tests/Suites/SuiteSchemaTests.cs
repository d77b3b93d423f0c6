using System.Text.Json.Nodes;
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
    private const string Text = """{ "pattern": "\\S" }""";
    private const string Name = """{ "pattern": "^[A-Za-z0-9]([A-Za-z0-9 ._+\\-]{0,62}[A-Za-z0-9+])?$" }""";
    private const string AtLeastOne = """{ "minimum": 1 }""";
    private const string SomeItems = """{ "minItems": 1 }""";

    private static readonly Dictionary<string, string> _ranges = new()
    {
        ["SuiteDocument.Version"] = """{ "const": 1 }""",
        ["SuiteDocument.Name"] = Name,
        ["SuiteDocument.Concept"] = Text,
        ["SuiteDocument.Steps"] = AtLeastOne,
        ["SuiteDocument.GuidanceScale"] = AtLeastOne,
        ["SuiteDocument.Eta"] = """{ "minimum": 0, "maximum": 1 }""",
        ["SuiteDocument.Width"] = AtLeastOne,
        ["SuiteDocument.Height"] = AtLeastOne,
        ["SuiteDocument.Seeds"] = AtLeastOne,
        ["SuiteDocument.Judges"] = SomeItems,
        ["SuiteDocument.Sets"] = SomeItems,
        ["SuiteDocument.Policies"] = SomeItems,
        ["QuickDocument.Seeds"] = AtLeastOne,
        ["PromptSetDocument.Name"] = Name,
        ["PromptSetDocument.Seeds"] = AtLeastOne,
        ["PromptSetDocument.Prompts"] = """
            { "minItems": 1, "items": { "anyOf": [
              { "type": "string", "pattern": "\\S" },
              { "type": "object", "properties": { "text": { "type": "string", "pattern": "\\S" }, "keep": { "type": "array", "items": { "type": "string", "pattern": "\\S" } } },
                "required": ["text"], "additionalProperties": false } ] } }
            """,
        ["PolicyDocument.Name"] = Name,
        ["PolicyDocument.Protections"] = """{ "items": { "$ref": "policy.schema.json#/properties/protections/items" } }""",
    };

    private static readonly JudgeCatalogue _judges = JudgeCatalogue.Default.AddShapes();

    private static readonly string _path = Path.Combine(Fixture.Root, "docs", "suite.schema.json");

    public static TheoryData<string> Blocks => [.. Page.Read("docs/evaluation.md").Blocks("jsonc")];

    [Fact]
    public void TheSchemaIsThatOfTheTypes()
    {
        JsonSchemaWriter writer = new(SuiteJson.OptionsWith(_judges), _ranges.ToDictionary(range => range.Key, range => JsonNode.Parse(range.Value)!.AsObject()));
        string schema = writer.Write(typeof(SuiteDocument), "An evaluation suite of SafeDiffusion");
        Assert.Empty(writer.UnusedRanges);
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
