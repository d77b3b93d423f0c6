using Google.Protobuf;

namespace Fuzz.Forms;

/// <summary>
/// Protocol buffers, without their schema: at some depth a field is taken out, doubled, exchanged, given another number or value, or
/// another type; the lengths around it are set right again.
/// </summary>
internal sealed class ProtobufForm : IForm
{
    private const int DeepestLevel = 12;

    public static ProtobufForm Instance { get; } = new();

    public byte[] Change(Random random, byte[] input, byte[] other) => Change(random, input, other, DeepestLevel);

    private static byte[] Change(Random random, byte[] input, byte[] other, int levels)
    {
        if (Fields(input) is not { Count: > 0 } fields) return ByteForm.Instance.Change(random, input, other);
        int at = random.Next(fields.Count);
        Field field = fields[at];
        // Deeper, mostly: a graph's nodes lie three levels down.
        if (field.Type == WireFormat.WireType.LengthDelimited && levels > 0 && !random.OneIn(4))
        {
            byte[] content = input[field.Content];
            return Written(input, fields, at, field.Number, field.Type, Change(random, content, other, levels - 1));
        }
        return random.Next(6) switch
        {
            0 => [.. input[..field.Whole.Start], .. input[field.Whole.End..]],
            1 => [.. input[..field.Whole.End], .. input[field.Whole], .. input[field.Whole.End..]],
            2 => [.. input[..field.Whole.Start], .. input[random.Pick(fields).Whole], .. input[field.Whole.Start..]],
            3 => Written(input, fields, at, random.Next(1, 32), field.Type, input[field.Content]),
            4 => Written(input, fields, at, field.Number, WireFormat.WireType.Varint, Varint((ulong)random.Boundary())),
            _ => field.Type == WireFormat.WireType.Varint
                ? Written(input, fields, at, field.Number, field.Type, Varint((ulong)random.Boundary()))
                : Written(input, fields, at, field.Number, WireFormat.WireType.LengthDelimited, ByteForm.Instance.Change(random, input[field.Content], other)),
        };
    }

    private static byte[] Written(byte[] input, List<Field> fields, int at, int number, WireFormat.WireType type, byte[] content)
    {
        byte[] tag = Varint(WireFormat.MakeTag(number, type));
        byte[] length = type == WireFormat.WireType.LengthDelimited ? Varint((ulong)content.Length) : [];
        Range whole = fields[at].Whole;
        return [.. input[..whole.Start], .. tag, .. length, .. content, .. input[whole.End..]];
    }

    private static byte[] Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        return [.. bytes, (byte)value];
    }

    /// <summary>Null for what is no message.</summary>
    private static List<Field>? Fields(byte[] bytes)
    {
        List<Field> fields = [];
        int place = 0;
        while (place < bytes.Length)
        {
            int start = place;
            if (ReadVarint(bytes, ref place) is not ({ } tag and <= uint.MaxValue) || WireFormat.GetTagFieldNumber((uint)tag) == 0) return null;
            WireFormat.WireType type = WireFormat.GetTagWireType((uint)tag);
            int content = place;
            ulong? length = type switch
            {
                WireFormat.WireType.Varint => ReadVarint(bytes, ref place) is null ? null : 0,
                WireFormat.WireType.Fixed32 => sizeof(uint),
                WireFormat.WireType.Fixed64 => sizeof(ulong),
                WireFormat.WireType.LengthDelimited => ReadVarint(bytes, ref place),
                _ => null,
            };
            if (length is not { } count || count > (ulong)(bytes.Length - place)) return null;
            if (type == WireFormat.WireType.LengthDelimited) content = place;
            place += (int)count;
            fields.Add(new Field(start..place, content..place, WireFormat.GetTagFieldNumber((uint)tag), type));
        }
        return fields;
    }

    private static ulong? ReadVarint(byte[] bytes, ref int place)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && place < bytes.Length; shift += 7)
        {
            byte next = bytes[place++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
        return null;
    }

    private readonly record struct Field(Range Whole, Range Content, int Number, WireFormat.WireType Type);
}
