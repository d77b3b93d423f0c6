using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace SafeDiffusion.Core.Files;

/// <summary>
/// Writes the JSON Schema (2020-12) of a document from the type that it is read into. Descriptions are the types' and properties'
/// summaries, where the assembly's XML documentation lies beside it; ranges are those of <see cref="JsonRangeAttribute"/>.
/// </summary>
/// <param name="options">How the type is read.</param>
public sealed partial class JsonSchemaWriter(JsonSerializerOptions options)
{
    private readonly Dictionary<Assembly, Dictionary<string, XElement>> _summaries = [];

    /// <summary>The schema as text, with a line break at its end.</summary>
    /// <param name="document">The type of the whole document.</param>
    /// <param name="title">What it is called.</param>
    public string Write(Type document, string title)
    {
        ArgumentNullException.ThrowIfNull(document);
        JsonSchemaExporterOptions exporter = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform };
        JsonSerializerOptions resolving = new(options) { TypeInfoResolver = options.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver() };
        JsonObject exported = resolving.GetJsonSchemaAsNode(document, exporter).AsObject();
        JsonObject schema = new() { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = title };
        foreach ((string name, JsonNode? value) in exported) schema[name] = value?.DeepClone();
        JsonSerializerOptions written = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        return schema.ToJsonString(written).ReplaceLineEndings("\n") + "\n";
    }

    private JsonObject Transform(JsonSchemaExporterContext context, JsonNode node)
    {
        // Of what a converter reads, only the ranges can tell.
        if (node is not JsonObject schema) schema = [];
        if (context.PropertyInfo?.AttributeProvider is PropertyInfo property)
        {
            Describe(schema, $"P:{property.DeclaringType!.FullName!.Replace('+', '.')}.{property.Name}", property.DeclaringType.Assembly);
            Restrict(schema, property.GetCustomAttribute<JsonRangeAttribute>() ?? property.PropertyType.GetCustomAttribute<JsonRangeAttribute>());
        }
        else if (context.PropertyInfo is null)
        {
            Describe(schema, $"T:{context.TypeInfo.Type.FullName!.Replace('+', '.')}", context.TypeInfo.Type.Assembly);
        }
        return schema;
    }

    private static void Restrict(JsonObject schema, JsonRangeAttribute? range)
    {
        if (range is null) return;
        foreach ((string name, JsonNode? value) in JsonNode.Parse(range.Keywords)!.AsObject()) schema[name] = value?.DeepClone();
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
