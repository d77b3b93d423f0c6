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

    /// <summary>Reads and writes enumerations as <c>kebab-case</c> texts.</summary>
    public static JsonStringEnumConverter EnumNames() => new(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);
}
