using System.Buffers.Binary;
using System.IO.Compression;
using SafeDiffusion.Core.Imaging.Png;

namespace Fuzz.Forms;

/// <summary>PNG: chunks are changed, taken out, doubled and exchanged, pixels below the compression too; checksums are set right again.</summary>
internal sealed class PngForm : IForm
{
    private const int HeaderLength = 13;
    private const int MostPixels = 1 << 20;

    private static readonly byte[][] _types =
        [.. new[] { "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "tEXt", "zTXt", "iTXt", "eXIf", "gAMA", "ABCD", "abcd" }.Select(System.Text.Encoding.ASCII.GetBytes)];

    public static PngForm Instance { get; } = new();

    public byte[] Change(Random random, byte[] input, byte[] other)
    {
        List<Chunk> chunks = Split(input);
        if (chunks.Count == 0) return ByteForm.Instance.Change(random, input, other);
        int at = random.Next(chunks.Count);
        Chunk chunk = chunks[at];
        switch (random.Next(9))
        {
            case 0: chunks.RemoveAt(at); break;
            case 1: chunks.Insert(random.Next(chunks.Count), chunk); break;
            case 2: (chunks[at], chunks[0]) = (chunks[0], chunk); break;
            case 3: chunks[at] = chunk with { Type = random.Pick(_types) }; break;
            case 4 when Split(other) is { Count: > 0 } theirs: chunks.Insert(at, random.Pick(theirs)); break;
            case 5: chunks[0] = chunks[0] with { Content = Header(random, chunks[0].Content) }; break;
            case 6 or 7: ChangePixels(random, chunks, other); break;
            default: chunks[at] = chunk with { Content = ByteForm.Instance.Change(random, chunk.Content, other) }; break;
        }
        using MemoryStream result = new();
        result.Write(PngFile.Signature);
        foreach (Chunk written in chunks) PngChunk.Write(result, written.Type, written.Content);
        return result.ToArray();
    }

    /// <summary>Sizes, depth, colour type, compression, filter, interlacing.</summary>
    private static byte[] Header(Random random, byte[] header)
    {
        if (header.Length != HeaderLength) return header;
        byte[] changed = [.. header];
        int field = random.Next(7);
        if (field < 2) BinaryPrimitives.WriteInt32BigEndian(changed.AsSpan(field * sizeof(int)), random.OneIn(2) ? random.Next(200) : (int)random.Boundary());
        else changed[6 + field] = (byte)(random.OneIn(4) ? random.Next(256) : random.Next(17));
        return changed;
    }

    private static void ChangePixels(Random random, List<Chunk> chunks, byte[] other)
    {
        int first = chunks.FindIndex(chunk => chunk.Type.AsSpan().SequenceEqual("IDAT"u8));
        if (first < 0) return;
        byte[] compressed = [.. chunks.Where(chunk => chunk.Type.AsSpan().SequenceEqual("IDAT"u8)).SelectMany(chunk => chunk.Content)];
        chunks.RemoveAll(chunk => chunk.Type.AsSpan().SequenceEqual("IDAT"u8));
        chunks.Insert(Math.Min(first, chunks.Count), new Chunk("IDAT"u8.ToArray(), Deflate(ByteForm.Instance.Change(random, Inflate(compressed), other))));
    }

    private static byte[] Inflate(byte[] compressed)
    {
        try
        {
            using ZLibStream stream = new(new MemoryStream(compressed), CompressionMode.Decompress);
            byte[] bytes = new byte[MostPixels];
            return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            return compressed;
        }
    }

    private static byte[] Deflate(byte[] bytes)
    {
        using MemoryStream compressed = new();
        using (ZLibStream stream = new(compressed, CompressionLevel.Fastest)) stream.Write(bytes);
        return compressed.ToArray();
    }

    /// <summary>The chunks up to the first that is not whole.</summary>
    private static List<Chunk> Split(byte[] png)
    {
        List<Chunk> chunks = [];
        ReadOnlySpan<byte> rest = png.AsSpan().StartsWith(PngFile.Signature) ? png.AsSpan(PngFile.Signature.Length) : [];
        while (rest.Length >= 12 && BinaryPrimitives.ReadInt32BigEndian(rest) is >= 0 and var length && length <= rest.Length - 12)
        {
            chunks.Add(new Chunk(rest.Slice(4, 4).ToArray(), rest.Slice(8, length).ToArray()));
            rest = rest[(12 + length)..];
        }
        return chunks;
    }

    private readonly record struct Chunk(byte[] Type, byte[] Content);
}
