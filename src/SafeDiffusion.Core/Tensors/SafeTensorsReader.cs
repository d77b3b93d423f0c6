using System.Buffers.Binary;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Core.Tensors;

/// <summary>Reads safetensors: eight bytes of header length, a JSON header, then the tensors' bytes without a gap.</summary>
internal static class SafeTensorsReader
{
    // The reference implementation's limit.
    private const ulong LongestHeader = 100_000_000;

    public static SafeTensorsFile Read(ByteSource source)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(source.Take(sizeof(ulong), "the header's length").Span);
        if (length > LongestHeader) throw source.Invalid($"its header claims {length} bytes, the format allows {LongestHeader}; this is no safetensors file");

        SafeTensorsHeader header = SafeTensorsHeader.Parse(source.Take((long)length, "the header").Span, source);
        List<SafeTensorsEntry> entries = [.. header.Entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End)];
        RequireContiguous(entries, source);

        Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);
        foreach (SafeTensorsEntry entry in entries)
        {
            ReadOnlyMemory<byte> bytes = source.Take(entry.End - entry.Begin, $"the tensor '{entry.Name}'");
            tensors.Add(entry.Name, new StoredTensor(entry.Type, entry.Shape, bytes));
        }
        source.RequireEnd();
        return new SafeTensorsFile(source.Name, tensors, header.Metadata);
    }

    private static void RequireContiguous(List<SafeTensorsEntry> entries, ByteSource source)
    {
        long end = 0;
        foreach (SafeTensorsEntry entry in entries)
        {
            if (entry.Begin != end)
                throw source.Invalid($"the tensor '{entry.Name}' begins at byte {entry.Begin} of the data, but the one before it ends at {end}");
            end = entry.End;
        }
    }
}
