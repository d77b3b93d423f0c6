using System.Text.Json;
using System.Text.Json.Serialization;

namespace SafeDiffusion.Core.Files;

/// <summary>Reads and writes an enumeration's names as all settings files do, whatever the options of the serializer.</summary>
public sealed class KebabCaseConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
