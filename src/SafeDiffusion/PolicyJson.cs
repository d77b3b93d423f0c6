using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SafeDiffusion.Files;
using SafeDiffusion.Guidance;

namespace SafeDiffusion;

/// <summary>A policy as JSON: <c>{ "version": 1, "protections": [ { "method": …, … } ] }</c>. Unknown fields are errors.</summary>
internal static class PolicyJson
{
    private const int Version = 1;
    private const int MaxBytes = 1 << 20;

    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowOutOfOrderMetadataProperties = true,
        NumberHandling = JsonNumberHandling.Strict,
        PropertyNameCaseInsensitive = false,
        AllowDuplicateProperties = false,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    public static SafetyPolicy Load(string path) => Parse(BoundedFile.ReadText(path, MaxBytes));

    public static SafetyPolicy Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        Document document = Deserialize(json);
        if (document.Version != Version)
        {
            throw new InvalidPolicyException("version", $"is {document.Version}; this version of the library reads version {Version}.");
        }
        SafetyPolicy policy = SafetyPolicy.Empty;
        foreach (Protection? protection in document.Protections)
        {
            policy = policy.Add(protection ?? throw new InvalidPolicyException($"protections[{policy.Protections.Length}]", "is null."));
        }
        return policy;
    }

    public static string Write(SafetyPolicy policy) =>
        JsonSerializer.Serialize(new Document { Version = Version, Protections = [.. policy.Protections] }, s_options);

    /// <summary>A protection's settings; of a user's own method, its public properties.</summary>
    public static JsonObject Settings(Protection protection) => JsonSerializer.SerializeToNode(protection, protection.GetType(), s_options)!.AsObject();

    private static Document Deserialize(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<Document>(json, s_options) ?? throw new InvalidPolicyException("$", "is null, not an object.");
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            string path = (error as JsonException)?.Path?.TrimStart('$').TrimStart('.') ?? "";
            throw new InvalidPolicyException(path.Length == 0 ? "$" : path, Explain(error), error);
        }
    }

    /// <summary>The runtime's message, less what it repeats of the path, with what can be written instead.</summary>
    private static string Explain(Exception error)
    {
        string message = error.Message.Split(" Path:")[0];
        return message.Contains("discriminator", StringComparison.Ordinal) || error is NotSupportedException
            ? $"the method is missing or unknown; known are {string.Join(", ", KnownMethods())}."
            : message;
    }

    private static IEnumerable<string> KnownMethods() => typeof(Protection)
        .GetCustomAttributes(typeof(JsonDerivedTypeAttribute), false)
        .Select(attribute => (string)((JsonDerivedTypeAttribute)attribute).TypeDiscriminator!)
        .Order(StringComparer.Ordinal);

    private sealed record Document
    {
        [JsonPropertyName("$schema")]
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Schema { get; init; }

        [JsonRequired]
        public int Version { get; init; }

        [JsonRequired]
        public IReadOnlyList<Protection?> Protections { get; init; } = [];
    }
}
