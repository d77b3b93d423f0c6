using System.Text.Json;
using Json.Schema;
using SafeDiffusion.Fixtures;

namespace Documentation;

/// <summary>
/// <c>docs/policy.schema.json</c> by JSON Schema 2020-12. A keyword that the standard does not know is an error, so that nothing is passed over.
/// </summary>
internal static class PublishedPolicySchema
{
    private static readonly JsonSchema _schema = JsonSchema.FromText(File.ReadAllText(Path), Strictly());

    /// <summary>The schema's file.</summary>
    public static string Path => System.IO.Path.Combine(Fixture.Root, "docs", "policy.schema.json");

    /// <summary>Where a policy breaks the schema, a path and a reason each; empty where it is valid.</summary>
    public static IReadOnlyList<string> Errors(string policy)
    {
        using JsonDocument document = JsonDocument.Parse(policy);
        EvaluationResults results = _schema.Evaluate(document.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        if (results.IsValid) return [];
        string[] errors = [.. results.Details!.Append(results).SelectMany(part => (part.Errors ?? []).Select(error => $"{part.InstanceLocation}: {error.Value}"))];
        return errors.Length > 0 ? errors : ["not valid"];
    }

    private static BuildOptions Strictly()
    {
        Vocabulary[] vocabularies = [Vocabulary.Draft202012_Core, Vocabulary.Draft202012_Applicator, Vocabulary.Draft202012_Validation, Vocabulary.Draft202012_MetaData];
        Dialect dialect = new(vocabularies.SelectMany(vocabulary => vocabulary.Keywords)) { Id = Dialect.Draft202012.Id, AllowUnknownKeywords = false };
        DialectRegistry dialects = new();
        dialects.Register(dialect);
        return new BuildOptions { DialectRegistry = dialects, SchemaRegistry = new(), Dialect = dialect };
    }
}
