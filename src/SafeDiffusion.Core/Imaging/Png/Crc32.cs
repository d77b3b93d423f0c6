namespace SafeDiffusion.Core.Imaging.Png;

/// <summary>PNG's checksum: CRC-32 with the reflected polynomial EDB88320.</summary>
internal static class Crc32
{
    private static readonly uint[] _table = [.. Enumerable.Range(0, 256).Select(index => Shifted((uint)index))];

    /// <summary>The checksum of a chunk: of its type, then its content.</summary>
    public static uint Of(ReadOnlySpan<byte> type, ReadOnlySpan<byte> content) => ~Update(Update(uint.MaxValue, type), content);

    private static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes) crc = _table[(byte)(crc ^ value)] ^ (crc >> 8);
        return crc;
    }

    private static uint Shifted(uint value)
    {
        for (int bit = 0; bit < 8; bit++) value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
        return value;
    }
}
