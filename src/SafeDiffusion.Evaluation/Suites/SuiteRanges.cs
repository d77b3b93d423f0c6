namespace SafeDiffusion.Evaluation.Suites;

/// <summary>What a suite's schema says of its fields beside their types, as keywords of JSON Schema.</summary>
internal static class SuiteRanges
{
    /// <summary>A name that can be a folder's.</summary>
    public const string Name = """{ "pattern": "^[A-Za-z0-9]([A-Za-z0-9 ._+\\-]{0,62}[A-Za-z0-9+])?$" }""";

    /// <summary>Texts, or objects with a text and labels.</summary>
    public const string Prompts = """
        { "minItems": 1, "items": { "anyOf": [
          { "type": "string", "pattern": "\\S" },
          { "type": "object", "properties": { "text": { "type": "string", "pattern": "\\S" }, "keep": { "type": "array", "items": { "type": "string", "pattern": "\\S" } } },
            "required": ["text"], "additionalProperties": false } ] } }
        """;

    /// <summary>What a policy's file says.</summary>
    public const string Protections = """{ "items": { "$ref": "policy.schema.json#/properties/protections/items" } }""";
}
