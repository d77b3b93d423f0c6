using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SafeDiffusion.Core.Tensors;

/// <summary>Writes safetensors, byte for byte as the reference implementation does.</summary>
internal static class SafeTensorsWriter
{
    private const int Alignment = 8;

    // Only what JSON itself must escape is escaped, as in the reference.
    private static readonly JsonWriterOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(SafeTensorsFile file, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        List<KeyValuePair<string, StoredTensor>> tensors =
            [.. file.Tensors.OrderByDescending(tensor => tensor.Value.Type).ThenBy(tensor => tensor.Key, StringComparer.Ordinal)];

        ReadOnlySpan<byte> header = Header(tensors, file.Metadata);
        int padding = (Alignment - header.Length % Alignment) % Alignment;
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)(header.Length + padding));

        stream.Write(length);
        stream.Write(header);
        stream.Write("       "u8[..padding]);
        foreach (KeyValuePair<string, StoredTensor> tensor in tensors) stream.Write(tensor.Value.Bytes.Span);
    }

    private static ReadOnlySpan<byte> Header(List<KeyValuePair<string, StoredTensor>> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter json = new(buffer, _plain);
        json.WriteStartObject();
        if (metadata.Count > 0) WriteMetadata(json, metadata);
        long offset = 0;
        foreach ((string name, StoredTensor tensor) in tensors) WriteEntry(json, name, tensor, ref offset);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject(SafeTensorsHeader.MetadataName);
        foreach ((string key, string value) in metadata) json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, string name, StoredTensor tensor, ref long offset)
    {
        json.WriteStartObject(name);
        json.WriteString("dtype", tensor.Type.SafeTensorsName());
        json.WriteStartArray("shape");
        foreach (long dimension in tensor.Shape) json.WriteNumberValue(dimension);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset += tensor.Bytes.Length);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
