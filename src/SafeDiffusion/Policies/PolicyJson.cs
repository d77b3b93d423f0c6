using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Policies;

/// <summary>A policy as JSON: <c>{ "version": 1, "protections": [ { "method": …, … } ] }</c>. Unknown fields are errors.</summary>
internal static class PolicyJson
{
    private const int Version = 1;
    private const int MaxBytes = 1 << 20;

    private static volatile FolderOptions? _last;

    /// <summary>How protections are written where no file is to be found by their paths; assets are named, not located.</summary>
    internal static JsonSerializerOptions Options { get; } = OptionsFor(new AssetName(), MethodCatalogue.Default);

    public static SafetyPolicy Load(string path, MethodCatalogue methods) =>
        Parse(BoundedFile.ReadText(path, MaxBytes), FilePath.FolderOf(path), methods);

    public static SafetyPolicy Parse(string json, string folder, MethodCatalogue methods)
    {
        ArgumentNullException.ThrowIfNull(json);
        Document document = Deserialize(json, folder, methods);
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
        return JsonSerializer.Serialize(document, OptionsFor(folder, MethodCatalogue.Default.WithThoseOf(policy.Protections)));
    }

    /// <summary>A protection's settings: its public properties.</summary>
    public static JsonObject Settings(Protection protection) => JsonSerializer.SerializeToNode(protection, protection.GetType(), Options)!.AsObject();

    /// <summary>How documents are read and written, for their schema.</summary>
    internal static JsonSerializerOptions OptionsFor(MethodCatalogue methods) => OptionsFor(new AssetName(), methods);

    /// <summary>How policies are written and read whose assets lie in a folder; kept for the next, since making it anew takes long.</summary>
    private static JsonSerializerOptions OptionsFor(string folder, MethodCatalogue methods)
    {
        string real = RealPath.Of(folder);
        FolderOptions? last = _last;
        if (last?.Folder != real || last.Methods != methods) _last = last = new(real, methods, OptionsFor(new AssetFolder(real), methods));
        return last.Options;
    }

    private static JsonSerializerOptions OptionsFor(JsonConverter assets, MethodCatalogue methods)
    {
        JsonSerializerOptions options = StrictJson.CreateOptions(StrictJson.EnumNames(), assets);
        options.TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { methods.AddTo } };
        return options;
    }

    private static Document Deserialize(string json, string folder, MethodCatalogue methods)
    {
        try
        {
            StrictJson.RequireUnicode(json);
            using JsonDocument tree = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            RequireKnownMethods(tree.RootElement, methods);
            return StrictJson.Read<Document>(json, OptionsFor(folder, methods)) ?? throw new InvalidPolicyException("$", "is null, not an object.");
        }
        catch (JsonException error)
        {
            (string path, string reason) = JsonFault.Of(error, json, typeof(Document), OptionsFor(folder, methods));
            throw new InvalidPolicyException(path.Length == 0 ? "$" : path, reason, error);
        }
    }

    /// <summary>The serializer's own error for an unknown method does not name the known ones.</summary>
    private static void RequireKnownMethods(JsonElement root, MethodCatalogue methods)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("protections", out JsonElement protections)) return;
        if (protections.ValueKind != JsonValueKind.Array) return;
        foreach ((int index, JsonElement protection) in protections.EnumerateArray().Index())
        {
            if (protection.ValueKind != JsonValueKind.Object) continue;
            bool isThere = protection.TryGetProperty("method", out JsonElement method);
            if (isThere && method.ValueKind == JsonValueKind.String && methods.Find(method.GetString()!) is not null) continue;
            string question = isThere && method.ValueKind == JsonValueKind.String ? methods.Question(method.GetString()!) : "";
            throw new InvalidPolicyException(
                $"protections[{index}].method", $"is {(isThere ? method.GetRawText() : "missing")}; known are {string.Join(", ", methods.Names)}.{question}");
        }
    }

    private sealed record FolderOptions(string Folder, MethodCatalogue Methods, JsonSerializerOptions Options);

    /// <summary>A policy file.</summary>
    internal sealed record Document
    {
        /// <summary>The schema of the file, for editors; ignored.</summary>
        [JsonPropertyName("$schema")]
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Schema { get; init; }

        /// <summary>The form of the file: 1.</summary>
        [JsonRequired]
        [JsonRange("""{ "const": 1 }""")]
        public int Version { get; init; }

        /// <summary>The protections, in the order in which their terms are added.</summary>
        [JsonRequired]
        public IReadOnlyList<Protection?> Protections { get; init; } = [];

        /// <summary>What to do where a finished picture still shows a concept; nothing by default.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public Remedy? WhenStillDetected { get; init; }
    }
}
