using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SafeDiffusion.Fixtures;

/// <summary>
/// Checks a document against a JSON Schema, as far as the schemas of this repository go: a keyword that is not known here is an error,
/// so that nothing is passed over.
/// </summary>
internal static class JsonSchemaCheck
{
    private static readonly HashSet<string> _annotations = ["$schema", "title", "description", "default"];

    /// <summary>Where a document breaks the schema, a path and a keyword each; empty where it is valid.</summary>
    public static IReadOnlyList<string> Errors(JsonNode? document, JsonNode schema, string path = "$") => schema switch
    {
        JsonValue always => always.GetValue<bool>() ? [] : [$"{path}: nothing is allowed"],
        JsonObject keywords => [.. keywords.SelectMany(keyword => Errors(document, keyword.Key, keyword.Value!, keywords, path))],
        _ => throw new NotSupportedException($"{path}: a schema is an object or a boolean."),
    };

    private static IEnumerable<string> Errors(JsonNode? document, string keyword, JsonNode value, JsonObject schema, string path) => keyword switch
    {
        _ when _annotations.Contains(keyword) => [],
        "properties" => document is JsonObject fields
            ? value.AsObject().Where(property => fields.ContainsKey(property.Key)).SelectMany(property => Errors(fields[property.Key], property.Value!, $"{path}.{property.Key}"))
            : [],
        "additionalProperties" => document is JsonObject fields
            ? fields.Where(field => schema["properties"]?.AsObject().ContainsKey(field.Key) != true).SelectMany(field => Errors(field.Value, value, $"{path}.{field.Key}"))
            : [],
        "items" => document is JsonArray items ? items.Index().SelectMany(item => Errors(item.Item, value, $"{path}[{item.Index}]")) : [],
        "anyOf" => value.AsArray().Any(option => Errors(document, option!, path).Count == 0) ? [] : [$"{path}: anyOf"],
        _ => Holds(document, keyword, value) ? [] : [$"{path}: {keyword}"],
    };

    private static bool Holds(JsonNode? document, string keyword, JsonNode value) => keyword switch
    {
        "type" => (value as JsonArray ?? [value.DeepClone()]).Any(type => IsOfType(document, type!.GetValue<string>())),
        "enum" => value.AsArray().Any(option => JsonNode.DeepEquals(option, document)),
        "const" => JsonNode.DeepEquals(value, document),
        "required" => document is not JsonObject fields || value.AsArray().All(name => fields.ContainsKey(name!.GetValue<string>())),
        "minItems" => document is not JsonArray items || items.Count >= Number(value),
        "pattern" => document?.GetValueKind() != JsonValueKind.String || Regex.IsMatch(document.GetValue<string>(), value.GetValue<string>()),
        "minimum" => !IsNumber(document) || Number(document) >= Number(value),
        "maximum" => !IsNumber(document) || Number(document) <= Number(value),
        "exclusiveMinimum" => !IsNumber(document) || Number(document) > Number(value),
        "exclusiveMaximum" => !IsNumber(document) || Number(document) < Number(value),
        "not" => Errors(document, value).Count > 0,
        _ => throw new NotSupportedException($"The keyword \"{keyword}\" is not known."),
    };

    private static bool IsOfType(JsonNode? document, string type) => type switch
    {
        "null" => document is null,
        "object" => document is JsonObject,
        "array" => document is JsonArray,
        "string" => document?.GetValueKind() == JsonValueKind.String,
        "boolean" => document?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
        "number" => IsNumber(document),
        "integer" => IsNumber(document) && double.IsInteger(Number(document)),
        _ => throw new NotSupportedException($"The type \"{type}\" is not known."),
    };

    private static bool IsNumber(JsonNode? document) => document?.GetValueKind() == JsonValueKind.Number;

    private static double Number(JsonNode? value) => value!.Deserialize<double>();
}
