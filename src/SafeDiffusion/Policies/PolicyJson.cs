using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Detection;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Policies;

/// <summary>A policy as JSON: <c>{ "version": 1, "protections": [ { "method": …, … } ] }</c>. Unknown fields are errors.</summary>
internal static class PolicyJson
{
    private const int Version = 1;
    private const int MaxBytes = 1 << 20;

    private static volatile FolderOptions? _last;

    /// <summary>How protections are written where no file is to be found by their paths; assets are named, not located.</summary>
    internal static JsonSerializerOptions Options { get; } = OptionsFor(new AssetName());

    public static SafetyPolicy Load(string path) => Parse(BoundedFile.ReadText(path, MaxBytes), Path.GetDirectoryName(Path.GetFullPath(path))!);

    public static SafetyPolicy Parse(string json, string folder)
    {
        ArgumentNullException.ThrowIfNull(json);
        Document document = Deserialize(json, folder);
        if (document.Version != Version)
        {
            throw new InvalidPolicyException("version", $"is {document.Version}; this version of the library reads version {Version}.");
        }
        SafetyPolicy policy = SafetyPolicy.Empty;
        foreach (Protection? protection in document.Protections)
        {
            policy = policy.Add(protection ?? throw new InvalidPolicyException($"protections[{policy.Protections.Length}]", "is null."));
        }
        return document.WhenStillDetected is { } remedy ? policy.WhenStillDetected(remedy) : policy;
    }

    public static string Write(SafetyPolicy policy, string folder)
    {
        Document document = new() { Version = Version, Protections = [.. policy.Protections], WhenStillDetected = policy.Remedy };
        return JsonSerializer.Serialize(document, OptionsFor(folder));
    }

    /// <summary>A protection's settings; of a user's own method, its public properties.</summary>
    public static JsonObject Settings(Protection protection) => JsonSerializer.SerializeToNode(protection, protection.GetType(), Options)!.AsObject();

    /// <summary>How policies are written and read whose assets lie in a folder; kept for the next, since making it anew takes long.</summary>
    private static JsonSerializerOptions OptionsFor(string folder)
    {
        string real = RealPath.Of(folder);
        FolderOptions? last = _last;
        if (last?.Folder != real) _last = last = new(real, OptionsFor(new AssetFolder(real)));
        return last.Options;
    }

    private static JsonSerializerOptions OptionsFor(JsonConverter<Guideline> assets) => StrictJson.CreateOptions(StrictJson.EnumNames(), assets);

    private static Document Deserialize(string json, string folder)
    {
        try
        {
            using JsonDocument tree = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            RequireKnownMethods(tree.RootElement);
            return tree.Deserialize<Document>(OptionsFor(folder)) ?? throw new InvalidPolicyException("$", "is null, not an object.");
        }
        catch (JsonException error)
        {
            string path = error.Path?.TrimStart('$').TrimStart('.') ?? "";
            throw new InvalidPolicyException(path.Length == 0 ? "$" : path, error.Message.Split(" Path:")[0], error);
        }
    }

    /// <summary>The serializer's own error for an unknown method does not name the known ones.</summary>
    private static void RequireKnownMethods(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("protections", out JsonElement protections)) return;
        if (protections.ValueKind != JsonValueKind.Array) return;
        foreach ((int index, JsonElement protection) in protections.EnumerateArray().Index())
        {
            if (protection.ValueKind != JsonValueKind.Object) continue;
            bool isThere = protection.TryGetProperty("method", out JsonElement method);
            if (isThere && method.ValueKind == JsonValueKind.String && KnownMethods().Contains(method.GetString())) continue;
            throw new InvalidPolicyException(
                $"protections[{index}].method", $"is {(isThere ? method.GetRawText() : "missing")}; known are {string.Join(", ", KnownMethods())}.");
        }
    }

    private static IEnumerable<string> KnownMethods() => typeof(Protection)
        .GetCustomAttributes(typeof(JsonDerivedTypeAttribute), false)
        .Select(attribute => (string)((JsonDerivedTypeAttribute)attribute).TypeDiscriminator!)
        .Order(StringComparer.Ordinal);

    private sealed record FolderOptions(string Folder, JsonSerializerOptions Options);

    /// <summary>A policy file.</summary>
    internal sealed record Document
    {
        /// <summary>The schema of the file, for editors; ignored.</summary>
        [JsonPropertyName("$schema")]
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Schema { get; init; }

        /// <summary>The form of the file: 1.</summary>
        [JsonRequired]
        public int Version { get; init; }

        /// <summary>The protections, in the order in which their terms are added.</summary>
        [JsonRequired]
        public IReadOnlyList<Protection?> Protections { get; init; } = [];

        /// <summary>What to do where a finished picture still shows a concept; nothing by default.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public Remedy? WhenStillDetected { get; init; }
    }
}
