using System.Buffers.Binary;

namespace Fuzz.Forms;

/// <summary>Safetensors: the header as JSON, with its length set right again, or values that are none.</summary>
internal sealed class SafeTensorsForm : IForm
{
    private static readonly float[] _values = [0, -0f, 1, -1, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue, float.Epsilon, 1e30f, 1e-30f, 999, 16777216];

    public static SafeTensorsForm Instance { get; } = new();

    public byte[] Change(Random random, byte[] input, byte[] other)
    {
        if (Split(input) is not ({ } header, { } data)) return ByteForm.Instance.Change(random, input, other);
        if (random.OneIn(3) && data.Length >= sizeof(float)) ChangeValues(random, data);
        else header = JsonForm.Instance.Change(random, header, Split(other)?.Header ?? header);
        byte[] length = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }

    private static void ChangeValues(Random random, byte[] data)
    {
        int place = random.Next(data.Length / sizeof(float));
        int end = random.OneIn(4) ? Math.Min(data.Length / sizeof(float), place + 1 + random.Skewed(500)) : place + 1;
        float value = random.Pick(_values);
        for (; place < end; place++) BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(place * sizeof(float)), value);
    }

    private static (byte[] Header, byte[] Data)? Split(byte[] bytes)
    {
        if (bytes.Length < sizeof(long) || BinaryPrimitives.ReadInt64LittleEndian(bytes) is not (>= 0 and var length) || length > bytes.Length - sizeof(long)) return null;
        int end = sizeof(long) + (int)length;
        return (bytes[sizeof(long)..end], bytes[end..]);
    }
}
