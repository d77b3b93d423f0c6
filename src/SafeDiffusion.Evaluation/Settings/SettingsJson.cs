using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Evaluation.Settings;

/// <summary>Settings as JSON, read as strictly as policies are.</summary>
internal static class SettingsJson
{
    private const int MaxCharacters = 1 << 20;

    /// <summary>The serializer's options.</summary>
    public static JsonSerializerOptions Options { get; } = CreateOptions();

    public static JsonSerializerOptions CreateOptions()
    {
        JsonSerializerOptions options = StrictJson.CreateOptions(StrictJson.EnumNames());
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        return options;
    }

    /// <exception cref="InvalidRequestException">The text is not such settings.</exception>
    public static T Parse<T>(string json, string path, JsonSerializerOptions? options = null) where T : class
    {
        ArgumentNullException.ThrowIfNull(json);
        if (json.Length > MaxCharacters) throw new InvalidRequestException(path, $"has {json.Length} characters, more than {MaxCharacters}.");
        try
        {
            return StrictJson.Read<T>(json, options ?? Options) ?? throw new InvalidRequestException(path, "is null, not an object.");
        }
        catch (JsonException error)
        {
            (string field, string reason) = JsonFault.Of(error, json, typeof(T), options ?? Options);
            throw new InvalidRequestException(field.Length == 0 || field.StartsWith('[') ? path + field : $"{path}.{field}", reason);
        }
    }

    public static string Write<T>(T settings) => JsonSerializer.Serialize(settings, Options);
}
