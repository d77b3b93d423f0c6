using System.Text.Json;
using System.Text.Json.Serialization;

namespace SafeDiffusion.Core.Files;

/// <summary>How files that users write are read: unknown and repeated fields, numbers as text and nulls where none belong are errors.</summary>
public static class StrictJson
{
    /// <summary>Makes options, with converters to begin with.</summary>
    public static JsonSerializerOptions CreateOptions(params ReadOnlySpan<JsonConverter> converters)
    {
        JsonSerializerOptions options = new(JsonSerializerDefaults.Web)
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
        };
        foreach (JsonConverter converter in converters) options.Converters.Add(converter);
        return options;
    }

    /// <summary>Reads a value; whatever a text can make the reader fail at is one kind of error.</summary>
    /// <returns>The value; null for the text <c>null</c>.</returns>
    /// <exception cref="JsonException">The text is no JSON, no such value, or holds half of a surrogate pair.</exception>
    public static T? Read<T>(string json, JsonSerializerOptions options) where T : class
    {
        RequireUnicode(json);
        try
        {
            return JsonSerializer.Deserialize<T>(json, options);
        }
        catch (Exception error) when (error is NotSupportedException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw new JsonException(error.Message, error);
        }
    }

    /// <summary>Refuses a document in which a text is not Unicode.</summary>
    /// <exception cref="JsonException">A text holds half of a surrogate pair, at the error's path; or the document is no JSON, so far as that is noticed.</exception>
    public static void RequireUnicode(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        JsonText.RequireUnicode(json);
    }

    /// <summary>Reads and writes enumerations as <c>kebab-case</c> texts.</summary>
    public static JsonStringEnumConverter EnumNames() => new(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);
}
