using System.Buffers.Binary;

namespace Fuzz.Forms;

/// <summary>Bytes of no form: flipped, put in, taken out, doubled, cut off, mixed with another input's, or made a number at which something ends.</summary>
internal sealed class ByteForm : IForm
{
    private const int LongestPiece = 64;

    public static ByteForm Instance { get; } = new();

    public byte[] Change(Random random, byte[] input, byte[] other)
    {
        if (input.Length == 0) return random.OneIn(2) ? other : [(byte)random.Next(256)];
        int place = random.Next(input.Length);
        int end = Math.Min(input.Length, place + 1 + random.Skewed(LongestPiece));
        return random.Next(9) switch
        {
            0 => With(input, place, [(byte)(input[place] ^ 1 << random.Next(8))]),
            1 => With(input, place, [(byte)random.Next(256)]),
            2 => [.. input[..place], .. Some(random, random.Skewed(LongestPiece) + 1), .. input[place..]],
            3 => [.. input[..place], .. input[end..]],
            4 => [.. input[..end], .. input[place..]],
            5 => input[..place],
            6 => [.. input[..place], .. other.AsSpan(random.Next(other.Length + 1))],
            7 => With(input, place, other.AsSpan(random.Next(other.Length + 1)) is var piece ? piece[..Math.Min(piece.Length, LongestPiece)] : default),
            _ => With(input, place, Number(random)),
        };
    }

    /// <summary>A number of 1 to 8 bytes, either end first.</summary>
    public static byte[] Number(Random random)
    {
        byte[] bytes = new byte[sizeof(long)];
        long value = random.Boundary();
        int size = 1 << random.Next(4);
        if (random.OneIn(2))
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
            return bytes[..size];
        }
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes[^size..];
    }

    private static byte[] Some(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] With(byte[] input, int place, ReadOnlySpan<byte> piece)
    {
        byte[] changed = [.. input];
        piece[..Math.Min(piece.Length, input.Length - place)].CopyTo(changed.AsSpan(place));
        return changed;
    }
}
