using System.Text.Json;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>Settings as JSON, read as strictly as policies are.</summary>
internal static class SettingsJson
{
    private const int MaxCharacters = 1 << 20;

    /// <summary>The serializer's options; a suite's file is read with the same.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        AllowOutOfOrderMetadataProperties = true,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict,
        PropertyNameCaseInsensitive = false,
        AllowDuplicateProperties = false,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    /// <exception cref="InvalidRequestException">The text is not such settings.</exception>
    public static T Parse<T>(string json, string path) where T : class
    {
        ArgumentNullException.ThrowIfNull(json);
        if (json.Length > MaxCharacters) throw new InvalidRequestException(path, $"has {json.Length} characters, more than {MaxCharacters}.");
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw new InvalidRequestException(path, "is null, not an object.");
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            string field = (error as JsonException)?.Path?.TrimStart('$') ?? "";
            throw new InvalidRequestException($"{path}{field}", error.Message.Split(" Path:")[0]);
        }
    }

    public static string Write<T>(T settings) => JsonSerializer.Serialize(settings, Options);
}
