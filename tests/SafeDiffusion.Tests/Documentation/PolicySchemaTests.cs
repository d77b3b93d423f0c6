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
    /// <summary>A protection of each method, with what it requires, and what its other options are compared with.</summary>
    private static readonly string[] _least =
    [
        """{ "method": "negative-prompt", "text": "a" }""",
        """{ "method": "safe-latent" }""",
        """{ "method": "semantic", "concepts": [ { "text": "a", "warmupSteps": 0 } ] }""",
        """{ "method": "surgical-erasing", "instructions": [ { "text": "a", "lowestTimestep": 0 } ] }""",
        """{ "method": "surgical-erasing", "instructions": [ { "text": "a", "lowestTimestep": 0, "tokenFactor": 0 } ] }""",
        """{ "method": "trajectory-steering", "concept": "b", "safeText": "c" }""",
        $$"""{ "method": "detect-and-guide", "guideline": "{{GuidelineFolder.File}}", "presenceThreshold": 1 }""",
        $$"""{ "method": "detect-and-redraw", "guideline": "{{GuidelineFolder.File}}", "instead": "ring" }""",
        """{ "method": "growth-inhibitor", "concept": "a" }""",
        """{ "method": "token-reweighting", "words": [ { "text": "a" } ] }""",
        $$"""{ "method": "detection", "guideline": "{{GuidelineFolder.File}}" }""",
        $$"""{ "method": "text-erasure", "projection": "{{GuidelineFolder.Projection}}" }""",
    ];

    [Fact]
    public void TheSchemaIsThatOfTheTypes()
    {
        string schema = PolicySchema.Write(MethodCatalogue.Default);
        if (Environment.GetEnvironmentVariable("UPDATE_SCHEMAS") == "1") File.WriteAllText(PublishedPolicySchema.Path, schema);
        Assert.Equal(schema, File.ReadAllText(PublishedPolicySchema.Path).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void EveryPolicyOfThePagesIsValid()
    {
        string[] policies = [.. Page.Policies];
        Assert.All(policies, policy => Assert.Empty(PublishedPolicySchema.Errors(policy)));
    }

    [Fact]
    public void WhatTheLibraryWritesIsValid()
    {
        Assert.All(_least, protection =>
        {
            string written = SafetyPolicy.Parse(Policy(protection), folder.Path).ToJson(folder.Path);
            Assert.Empty(PublishedPolicySchema.Errors(written));
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
                        string[] errors = [.. PublishedPolicySchema.Errors(policy)];
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
                Assert.True(IsRead(policy) == (PublishedPolicySchema.Errors(policy).Count == 0), policy);
            }
        }
        Assert.NotEmpty(PublishedPolicySchema.Errors("""{ "version": 1, "protections": [], "whenStillDetected": {} }"""));
    }

    [Theory]
    [InlineData("""{ "protections": [] }""")]
    [InlineData("""{ "version": 2, "protections": [] }""")]
    [InlineData("""{ "version": 1, "protections": [ { "method": "magic" } ] }""")]
    [InlineData("""{ "version": 1, "protections": [ { "text": "a" } ] }""")]
    [InlineData("""{ "version": 1, "protections": [], "more": 1 }""")]
    [InlineData("""[]""")]
    public void WhatIsNotAPolicyIsNotValid(string json) => Assert.NotEmpty(PublishedPolicySchema.Errors(json));

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
        JsonArray methods = JsonNode.Parse(File.ReadAllText(PublishedPolicySchema.Path))!["properties"]!["protections"]!["items"]!["anyOf"]!.AsArray();
        string path = target.GetPath();
        JsonObject root = target.Root.AsObject();
        JsonObject method = methods.Single(option => option!["properties"]!["method"]!["const"]!.GetValue<string>() == root["method"]!.GetValue<string>())!.AsObject();
        JsonObject properties = path == "$"
            ? method["properties"]!.AsObject()
            : method["properties"]![path[2..path.IndexOf('[', StringComparison.Ordinal)]]!["items"]!["properties"]!.AsObject();
        return properties.Select(property => property.Key).Where(name => name != "method");
    }
}
