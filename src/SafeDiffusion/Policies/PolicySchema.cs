using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Policies;

/// <summary>The JSON Schema of policies, for editors and other programs.</summary>
public static class PolicySchema
{
    /// <summary>The schema (2020-12) of policies that may name these methods, with a line break at its end. That of the library's own methods is <c>docs/policy.schema.json</c>.</summary>
    /// <param name="methods">The methods; their descriptions are their assemblies' XML documentation, where that lies beside them.</param>
    public static string Write(MethodCatalogue methods)
    {
        ArgumentNullException.ThrowIfNull(methods);
        return new JsonSchemaWriter(PolicyJson.OptionsFor(methods)).Write(typeof(PolicyJson.Document), "A safety policy of SafeDiffusion");
    }
}
