using SafeDiffusion.Core.Files;
using SafeDiffusion.Evaluation.Judging;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>The JSON Schema of suites, for editors and other programs.</summary>
public static class SuiteSchema
{
    /// <summary>
    /// The schema (2020-12) of suites that may name these judges, with a line break at its end. What a suite's protections may be stands in
    /// <c>policy.schema.json</c>, which must lie beside it.
    /// </summary>
    public static string Write(JudgeCatalogue judges)
    {
        ArgumentNullException.ThrowIfNull(judges);
        return new JsonSchemaWriter(SuiteJson.OptionsWith(judges)).Write(typeof(SuiteDocument), "An evaluation suite of SafeDiffusion");
    }
}
