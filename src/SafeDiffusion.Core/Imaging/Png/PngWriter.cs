using System.Buffers.Binary;
using System.IO.Compression;

namespace SafeDiffusion.Core.Imaging.Png;

/// <summary>Writes 8-bit RGB. Each row has the filter with the least sum of differences, as the specification recommends.</summary>
internal static class PngWriter
{
    public static void Write(RgbImage image, Stream stream, IReadOnlyDictionary<string, string>? text)
    {
        PngText.RequireValid(text);
        stream.Write(PngFile.Signature);
        PngChunk.Write(stream, "IHDR"u8, Header(image));
        foreach ((string keyword, string value) in text ?? new Dictionary<string, string>()) PngText.Write(stream, keyword, value);
        PngChunk.Write(stream, "IDAT"u8, Compressed(image));
        PngChunk.Write(stream, "IEND"u8, []);
    }

    private static byte[] Header(RgbImage image)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), image.Height);
        (header[8], header[9]) = (8, (byte)PngColorType.Rgb);
        return header;
    }

    private static ReadOnlySpan<byte> Compressed(RgbImage image)
    {
        using MemoryStream result = new();
        using (ZLibStream stream = new(result, CompressionLevel.Optimal, leaveOpen: true))
        {
            WriteRows(image, stream);
        }
        return result.GetBuffer().AsSpan(0, (int)result.Length);
    }

    private static void WriteRows(RgbImage image, ZLibStream stream)
    {
        int length = image.Width * RgbImage.Channels;
        ReadOnlySpan<byte> above = new byte[length];
        byte[] best = new byte[1 + length];
        byte[] candidate = new byte[1 + length];
        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> row = image.Row(y);
            long least = long.MaxValue;
            for (byte filter = 0; filter < PngFilter.Count; filter++)
            {
                candidate[0] = filter;
                long sum = PngFilter.Apply(filter, row, above, RgbImage.Channels, candidate.AsSpan(1));
                if (sum >= least) continue;
                least = sum;
                (best, candidate) = (candidate, best);
            }
            stream.Write(best);
            above = row;
        }
    }
}
