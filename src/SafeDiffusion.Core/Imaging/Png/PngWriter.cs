using System.Buffers.Binary;
using System.IO.Compression;

namespace SafeDiffusion.Core.Imaging.Png;

/// <summary>Writes 8-bit RGB. Each row has the filter with the least sum of differences, as the specification recommends.</summary>
internal static class PngWriter
{
    private const int Channels = 3;

    /// <summary>Writes a whole file.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="pixels">Red, green and blue, [height, width, 3].</param>
    /// <param name="stream">Where to; left open.</param>
    /// <param name="text">Texts by keyword; null for none.</param>
    /// <exception cref="ArgumentException">A keyword or a text is not allowed.</exception>
    public static void Write(int width, ReadOnlySpan<byte> pixels, Stream stream, IReadOnlyDictionary<string, string>? text)
    {
        PngText.RequireValid(text);
        stream.Write(PngFile.Signature);
        PngChunk.Write(stream, "IHDR"u8, Header(width, pixels.Length / (width * Channels)));
        foreach ((string keyword, string value) in text ?? new Dictionary<string, string>()) PngText.Write(stream, keyword, value);
        PngChunk.Write(stream, "IDAT"u8, Compressed(pixels, width * Channels));
        PngChunk.Write(stream, "IEND"u8, []);
    }

    private static byte[] Header(int width, int height)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, (byte)PngColorType.Rgb);
        return header;
    }

    private static ReadOnlySpan<byte> Compressed(ReadOnlySpan<byte> pixels, int length)
    {
        using MemoryStream result = new();
        using (ZLibStream stream = new(result, CompressionLevel.Optimal, leaveOpen: true))
        {
            WriteRows(pixels, length, stream);
        }
        return result.GetBuffer().AsSpan(0, (int)result.Length);
    }

    private static void WriteRows(ReadOnlySpan<byte> pixels, int length, ZLibStream stream)
    {
        ReadOnlySpan<byte> above = new byte[length];
        byte[] best = new byte[1 + length];
        byte[] candidate = new byte[1 + length];
        for (; !pixels.IsEmpty; pixels = pixels[length..])
        {
            ReadOnlySpan<byte> row = pixels[..length];
            long least = long.MaxValue;
            for (byte filter = 0; filter < PngFilter.Count; filter++)
            {
                candidate[0] = filter;
                long sum = PngFilter.Apply(filter, row, above, Channels, candidate.AsSpan(1));
                if (sum >= least) continue;
                least = sum;
                (best, candidate) = (candidate, best);
            }
            stream.Write(best);
            above = row;
        }
    }
}
