using System.Text.Json;
using System.Text.Unicode;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Core.Tensors;

/// <summary>Where a tensor lies: offsets are counted from the end of the header, and agree with the type and the shape.</summary>
internal sealed record SafeTensorsEntry(string Name, ElementType Type, long[] Shape, long Begin, long End);

/// <summary>The JSON header of a safetensors file.</summary>
internal sealed record SafeTensorsHeader(List<SafeTensorsEntry> Entries, Dictionary<string, string> Metadata)
{
    public const string MetadataName = "__metadata__";

    /// <summary>Parses a header and checks each entry by itself.</summary>
    /// <exception cref="InvalidFileException">It is not what the format asks for.</exception>
    public static SafeTensorsHeader Parse(ReadOnlySpan<byte> json, ByteSource source)
    {
        if (json.IsEmpty || json[0] != '{') throw source.Invalid("its header does not begin with '{'; this is no safetensors file");
        if (!Utf8.IsValid(json)) throw source.Invalid("its header is not UTF-8");
        try
        {
            return Parse(json);
        }
        catch (JsonException error)
        {
            throw source.Invalid($"its header is not valid: {error.Message}", error);
        }
        catch (InvalidOperationException error)
        {
            // What Utf8JsonReader says of an escaped half of a surrogate pair.
            throw source.Invalid($"its header has a text that is not Unicode: {error.Message}", error);
        }
    }

    private static SafeTensorsHeader Parse(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        SafeTensorsHeader header = new([], new Dictionary<string, string>(StringComparer.Ordinal));
        HashSet<string> names = new(StringComparer.Ordinal);
        Expect(ref reader, JsonTokenType.StartObject, "the header");
        while (NextName(ref reader, names) is string name)
        {
            if (name == MetadataName) ReadMetadata(ref reader, header.Metadata);
            else header.Entries.Add(ReadEntry(ref reader, name));
        }
        if (reader.Read()) throw new JsonException("something follows the header's last brace");
        return header;
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        Expect(ref reader, JsonTokenType.StartObject, MetadataName);
        while (NextName(ref reader, names) is string name)
        {
            Expect(ref reader, JsonTokenType.String, $"the metadata '{name}'");
            metadata.Add(name, reader.GetString()!);
        }
    }

    private static SafeTensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        ElementType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        HashSet<string> fields = new(StringComparer.Ordinal);
        Expect(ref reader, JsonTokenType.StartObject, $"the tensor '{name}'");
        while (NextName(ref reader, fields) is string field)
        {
            switch (field)
            {
                case "dtype": type = ReadType(ref reader, name); break;
                case "shape": shape = ReadNumbers(ref reader, $"the shape of '{name}'"); break;
                case "data_offsets": offsets = ReadNumbers(ref reader, $"the offsets of '{name}'"); break;
                default: throw new JsonException($"the tensor '{name}' has the unknown field '{field}'");
            }
        }
        if (type is null || shape is null || offsets is not [long begin, long end])
            throw new JsonException($"the tensor '{name}' needs dtype, shape and two data_offsets");
        return Checked(new SafeTensorsEntry(name, type.Value, shape, begin, end));
    }

    private static SafeTensorsEntry Checked(SafeTensorsEntry entry)
    {
        if (entry.End < entry.Begin) throw new JsonException($"the tensor '{entry.Name}' ends before it begins");
        if (!TensorShape.TryCount(entry.Shape, entry.Type.Size(), out _, out long bytes))
            throw new JsonException($"the tensor '{entry.Name}' claims a shape of more than 2^63 bytes");
        if (bytes != entry.End - entry.Begin)
            throw new JsonException($"the tensor '{entry.Name}' has {entry.End - entry.Begin} bytes where its shape takes {bytes}");
        return entry;
    }

    private static ElementType ReadType(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.String, $"the dtype of '{name}'");
        string type = reader.GetString()!;
        return ElementTypes.FromSafeTensorsName(type) ?? throw new JsonException($"the tensor '{name}' has the dtype '{type}', which is not known");
    }

    private static long[] ReadNumbers(ref Utf8JsonReader reader, string what)
    {
        List<long> numbers = [];
        Expect(ref reader, JsonTokenType.StartArray, what);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
                throw new JsonException($"{what} must be whole numbers from 0 to 2^63 - 1");
            numbers.Add(number);
        }
        return [.. numbers];
    }

    /// <summary>The next property's name, or null at the end of the object.</summary>
    private static string? NextName(ref Utf8JsonReader reader, HashSet<string> seen)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject) return null;
        string name = reader.GetString()!;
        if (!seen.Add(name)) throw new JsonException($"the name '{name}' occurs twice");
        return name;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token, string what)
    {
        if (!reader.Read() || reader.TokenType != token) throw new JsonException($"{what} is not of the JSON kind {token}");
    }
}
