namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>Tells a model file from something else by its first protobuf fields, so that a truncated model and a stranger get their own message.</summary>
internal static class ModelOutline
{
    private const int Varint = 0;
    private const int LengthDelimited = 2;

    /// <summary>Whether the bytes begin as an ONNX model does: fields of ModelProto with their own wire types.</summary>
    /// <param name="head">The first bytes of the file.</param>
    /// <param name="length">The file's whole length.</param>
    public static bool LooksLikeAModel(ReadOnlySpan<byte> head, long length)
    {
        int position = 0;
        bool any = false;
        while (position < head.Length)
        {
            if (!TryReadVarint(head, ref position, out ulong tag))
                return any && head.Length < length;
            if (!IsModelField(tag >> 3, (int)(tag & 7)))
                return false;
            any = true;
            if (!TryReadVarint(head, ref position, out ulong value) || (tag & 7) == LengthDelimited && value > (ulong)(head.Length - position))
                return true;
            if ((tag & 7) == LengthDelimited)
                position += (int)value;
        }
        return any;
    }

    private static bool IsModelField(ulong field, int wireType) => field switch
    {
        1 or 5 => wireType == Varint,
        2 or 3 or 4 or 6 or 7 or 8 or 14 or 20 or 25 or 26 => wireType == LengthDelimited,
        _ => false,
    };

    private static bool TryReadVarint(ReadOnlySpan<byte> bytes, ref int position, out ulong value)
    {
        value = 0;
        for (int shift = 0; shift < 64 && position < bytes.Length; shift += 7)
        {
            byte next = bytes[position++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return true;
        }
        return false;
    }
}
