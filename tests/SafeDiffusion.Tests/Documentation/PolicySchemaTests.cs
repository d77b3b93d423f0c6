using System.Globalization;
using System.Text.Json.Nodes;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace Documentation;

/// <summary>
/// Formula layer: <c>docs/policy.schema.json</c> is what the types give, and says what the library's own checks say. With the environment
/// variable <c>UPDATE_SCHEMAS</c> set to 1 the file is written anew.
/// </summary>
public sealed class PolicySchemaTests(GuidelineFolder folder) : IClassFixture<GuidelineFolder>
{
    private static readonly Dictionary<string, string> _ranges = new()
    {
        ["Document.Version"] = """{ "const": 1 }""",
        ["NegativePromptProtection.Text"] = Text,
        ["SafeLatentGuidance.Concept"] = Text,
        ["SafeLatentGuidance.WarmupSteps"] = NotNegative,
        ["SafeLatentGuidance.Scale"] = """{ "exclusiveMinimum": 1 }""",
        ["SafeLatentGuidance.MomentumScale"] = Share,
        ["SafeLatentGuidance.MomentumDecay"] = BelowOne,
        ["SemanticGuidance.Concepts"] = """{ "minItems": 1 }""",
        ["SemanticGuidance.MomentumScale"] = Share,
        ["SemanticGuidance.MomentumDecay"] = BelowOne,
        ["SemanticConcept.Text"] = Text,
        ["SemanticConcept.Scale"] = Positive,
        ["SemanticConcept.Threshold"] = Share,
        ["SemanticConcept.WarmupSteps"] = NotNegative,
        ["SemanticConcept.CooldownSteps"] = """{ "minimum": 1 }""",
        ["SemanticConcept.Weight"] = Positive,
        ["SurgicalErasingGuidance.Instructions"] = """{ "minItems": 1 }""",
        ["ErasingInstruction.Text"] = Text,
        ["ErasingInstruction.Scale"] = """{ "not": { "const": 0 } }""",
        ["ErasingInstruction.LowestTimestep"] = Share,
        ["ErasingInstruction.HighestTimestep"] = Share,
        ["ErasingInstruction.Threshold"] = Share,
        ["ErasingInstruction.WarmupSteps"] = NotNegative,
        ["DetectionGuidance.Guideline"] = """{ "type": "string", "minLength": 1 }""",
        ["DetectionGuidance.Concept"] = Text,
        ["DetectionGuidance.StartStep"] = NotNegative,
        ["DetectionGuidance.EndStep"] = """{ "minimum": 1 }""",
        ["DetectionGuidance.Weight"] = Positive,
        ["DetectionGuidance.Quantile"] = Share,
        ["DetectionGuidance.PresenceThreshold"] = AboveZero,
        ["DetectionGuidance.EditThreshold"] = AboveZero,
        ["DetectionGuidance.HoldThreshold"] = AboveZero,
        ["DetectionGuidance.UndefinedCoverage"] = Positive,
        ["DetectionGuidance.MaxMagnitude"] = """{ "minimum": 1 }""",
        ["Remedy.Attempts"] = """{ "minimum": 1, "maximum": 100 }""",
        ["Remedy.Then"] = """{ "not": { "const": "regenerate" } }""",
        ["TrajectorySteering.Concept"] = Text,
        ["TrajectorySteering.SafeText"] = Text,
        ["TrajectorySteering.Scale"] = Positive,
        ["TrajectorySteering.Strength"] = Positive,
        ["TrajectorySteering.Margin"] = NotNegative,
        ["TrajectorySteering.Until"] = AboveZero,
    };

    private const string Text = """{ "pattern": "\\S" }""";
    private const string Positive = """{ "exclusiveMinimum": 0 }""";
    private const string NotNegative = """{ "minimum": 0 }""";
    private const string Share = """{ "minimum": 0, "maximum": 1 }""";
    private const string AboveZero = """{ "exclusiveMinimum": 0, "maximum": 1 }""";
    private const string BelowOne = """{ "minimum": 0, "exclusiveMaximum": 1 }""";

    /// <summary>A protection of each method, with what it requires, and what its other options are compared with.</summary>
    private static readonly string[] _least =
    [
        """{ "method": "negative-prompt", "text": "a" }""",
        """{ "method": "safe-latent" }""",
        """{ "method": "semantic", "concepts": [ { "text": "a", "warmupSteps": 0 } ] }""",
        """{ "method": "surgical-erasing", "instructions": [ { "text": "a", "lowestTimestep": 0 } ] }""",
        """{ "method": "trajectory-steering", "concept": "b", "safeText": "c" }""",
        $$"""{ "method": "detect-and-guide", "guideline": "{{GuidelineFolder.File}}", "presenceThreshold": 1 }""",
    ];

    [Fact]
    public void TheSchemaIsThatOfTheTypes()
    {
        JsonSchemaWriter writer = new(PolicyJson.Options, _ranges.ToDictionary(range => range.Key, range => JsonNode.Parse(range.Value)!.AsObject()));
        string schema = writer.Write(typeof(PolicyJson.Document), "A safety policy of SafeDiffusion");
        Assert.Empty(writer.UnusedRanges);
        if (Environment.GetEnvironmentVariable("UPDATE_SCHEMAS") == "1") File.WriteAllText(PolicySchema.Path, schema);
        Assert.Equal(schema, File.ReadAllText(PolicySchema.Path).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void EveryPolicyOfThePagesIsValid()
    {
        string[] policies = [.. Page.Policies];
        Assert.All(policies, policy => Assert.Empty(PolicySchema.Errors(policy)));
    }

    [Fact]
    public void WhatTheLibraryWritesIsValid()
    {
        Assert.All(_least, protection =>
        {
            string written = SafetyPolicy.Parse(Policy(protection), folder.Path).ToJson(folder.Path);
            Assert.Empty(PolicySchema.Errors(written));
        });
    }

    /// <summary>The library's checks and the schema's ranges agree, on values around every border.</summary>
    [Fact]
    public void TheSchemaAllowsWhatTheLibraryAllows()
    {
        string[] values = ["-1", "-0.01", "0", "0.01", "0.5", "1", "1.01", "2", "\"\"", "\" \"", "\"a\"", "\"away\"", "\"max\"", "\"no-such\"", "null", "true", "[]", "[ null ]", "{}"];
        int allowed = 0, refused = 0;
        foreach (string least in _least)
        {
            foreach (JsonObject target in Targets(least))
            {
                foreach (string value in values)
                {
                    foreach (string property in Properties(target).Append("noSuchOption"))
                    {
                        JsonObject changed = JsonNode.Parse(least)!.AsObject();
                        Find(changed, target.GetPath())[property] = JsonNode.Parse(value);
                        string policy = Policy(changed.ToJsonString());
                        bool isRead = IsRead(policy);
                        if (isRead) allowed++;
                        else refused++;
                        string[] errors = [.. PolicySchema.Errors(policy)];
                        Assert.True(isRead == (errors.Length == 0), string.Create(CultureInfo.InvariantCulture, $"{policy}: read {isRead}, schema {string.Join(", ", errors)}"));
                    }
                }
            }
        }
        Assert.True(allowed > 50 && refused > 200, $"{allowed} allowed, {refused} refused");
    }

    [Fact]
    public void TheSchemaAllowsTheRemediesThatTheLibraryAllows()
    {
        string[] values = ["-1", "0", "1", "1.5", "100", "101", "\"flag\"", "\"blur\"", "\"withhold\"", "\"regenerate\"", "\"no-such\"", "null", "true", "{}"];
        foreach (string property in (string[])["action", "attempts", "then", "noSuchOption"])
        {
            foreach (string value in values)
            {
                JsonObject remedy = new() { ["action"] = "flag" };
                remedy[property] = JsonNode.Parse(value);
                string policy = $$"""{ "version": 1, "protections": [], "whenStillDetected": {{remedy.ToJsonString()}} }""";
                Assert.True(IsRead(policy) == (PolicySchema.Errors(policy).Count == 0), policy);
            }
        }
        Assert.NotEmpty(PolicySchema.Errors("""{ "version": 1, "protections": [], "whenStillDetected": {} }"""));
    }

    [Theory]
    [InlineData("""{ "protections": [] }""")]
    [InlineData("""{ "version": 2, "protections": [] }""")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "magic" } ] }""")]
    [InlineData("""{ "version": 1, "protections": [ { "text": "a" } ] }""")]
    [InlineData("""{ "version": 1, "protections": [], "more": 1 }""")]
    [InlineData("""[]""")]
    public void WhatIsNotAPolicyIsNotValid(string json) => Assert.NotEmpty(PolicySchema.Errors(json));

    private static string Policy(string protection) => $$"""{ "$schema": "policy.schema.json", "version": 1, "protections": [ {{protection}} ] }""";

    private bool IsRead(string policy)
    {
        try
        {
            SafetyPolicy.Parse(policy, folder.Path);
            return true;
        }
        catch (InvalidFileException)
        {
            // The policy is well-formed; a schema does not know which files are there.
            return true;
        }
        catch (InvalidPolicyException)
        {
            return false;
        }
    }

    /// <summary>A protection, and the first entry of its list.</summary>
    private static IEnumerable<JsonObject> Targets(string protection)
    {
        JsonObject target = JsonNode.Parse(protection)!.AsObject();
        return [target, .. target.Select(property => property.Value).OfType<JsonArray>().Select(list => list[0]!.AsObject())];
    }

    private static JsonObject Find(JsonObject protection, string path) =>
        path == "$" ? protection : protection[path[2..path.IndexOf('[', StringComparison.Ordinal)]]![0]!.AsObject();

    /// <summary>The options that the schema names beside those of a given object.</summary>
    private static IEnumerable<string> Properties(JsonObject target)
    {
        JsonArray methods = JsonNode.Parse(File.ReadAllText(PolicySchema.Path))!["properties"]!["protections"]!["items"]!["anyOf"]!.AsArray();
        string path = target.GetPath();
        JsonObject root = target.Root.AsObject();
        JsonObject method = methods.Single(option => option!["properties"]!["method"]!["const"]!.GetValue<string>() == root["method"]!.GetValue<string>())!.AsObject();
        JsonObject properties = path == "$"
            ? method["properties"]!.AsObject()
            : method["properties"]![path[2..path.IndexOf('[', StringComparison.Ordinal)]]!["items"]!["properties"]!.AsObject();
        return properties.Select(property => property.Key).Where(name => name != "method");
    }
}
