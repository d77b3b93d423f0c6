using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace SafeDiffusion.Fixtures;

/// <summary>
/// Writes the JSON Schema (2020-12) of a document from the type that it is read into. Descriptions are the types' and properties'
/// summaries; ranges are given, since they stand in the code that checks them.
/// </summary>
/// <param name="options">How the type is read.</param>
/// <param name="ranges">Further keywords of a property, by the name of its type, a dot, and the property's name in C#.</param>
internal sealed partial class JsonSchemaWriter(JsonSerializerOptions options, IReadOnlyDictionary<string, JsonObject> ranges)
{
    private readonly Dictionary<Assembly, Dictionary<string, XElement>> _summaries = [];

    /// <summary>Ranges that no property has: a name that is wrong.</summary>
    public HashSet<string> UnusedRanges { get; } = [.. ranges.Keys];

    /// <summary>The schema as text, with a line break at its end.</summary>
    public string Write(Type document, string title)
    {
        JsonSchemaExporterOptions exporter = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform };
        JsonSerializerOptions resolving = new(options) { TypeInfoResolver = options.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver() };
        JsonObject exported = resolving.GetJsonSchemaAsNode(document, exporter).AsObject();
        JsonObject schema = new() { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = title };
        foreach ((string name, JsonNode? value) in exported) schema[name] = value?.DeepClone();
        JsonSerializerOptions written = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        return schema.ToJsonString(written).ReplaceLineEndings("\n") + "\n";
    }

    private JsonNode Transform(JsonSchemaExporterContext context, JsonNode node)
    {
        if (node is not JsonObject schema) return node;
        if (context.PropertyInfo?.AttributeProvider is PropertyInfo property)
        {
            Describe(schema, $"P:{property.DeclaringType!.FullName!.Replace('+', '.')}.{property.Name}", property.DeclaringType.Assembly);
            Restrict(schema, $"{property.DeclaringType.Name}.{property.Name}");
        }
        else if (context.PropertyInfo is null)
        {
            Describe(schema, $"T:{context.TypeInfo.Type.FullName!.Replace('+', '.')}", context.TypeInfo.Type.Assembly);
        }
        return schema;
    }

    private void Restrict(JsonObject schema, string property)
    {
        if (!ranges.TryGetValue(property, out JsonObject? range)) return;
        UnusedRanges.Remove(property);
        foreach ((string name, JsonNode? value) in range) schema[name] = value?.DeepClone();
    }

    private void Describe(JsonObject schema, string id, Assembly assembly)
    {
        if (Summaries(assembly).TryGetValue(id, out XElement? summary)) schema.Insert(0, "description", PlainText(summary));
    }

    private Dictionary<string, XElement> Summaries(Assembly assembly)
    {
        if (_summaries.TryGetValue(assembly, out Dictionary<string, XElement>? known)) return known;
        string file = Path.ChangeExtension(assembly.Location, ".xml");
        return _summaries[assembly] = !File.Exists(file) ? [] : XDocument.Load(file).Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")!);
    }

    /// <summary>A summary without its tags; a property that it refers to is called as in JSON, a type as in prose.</summary>
    private static string PlainText(XElement summary)
    {
        IEnumerable<string> parts = summary.Nodes().Select(node => node switch
        {
            XElement { Name.LocalName: "see" } see => Name(see.Attribute("cref")!.Value),
            XElement element => element.Value,
            _ => ((XText)node).Value,
        });
        return Spaces().Replace(string.Concat(parts), " ").Trim();
    }

    private static string Name(string reference)
    {
        string name = reference.Split('.')[^1];
        return reference.StartsWith("T:", StringComparison.Ordinal) ? JsonNamingPolicy.KebabCaseLower.ConvertName(name).Replace('-', ' ') : JsonNamingPolicy.CamelCase.ConvertName(name);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
