using System.Buffers.Binary;
using SafeDiffusion.Core.Imaging.Png;
using SafeDiffusion.Files;

namespace SafeDiffusion.Imaging.Png;

/// <summary>Damage below the checksums: the content of one chunk is edited and its checksum set right again.</summary>
internal static class ChunkDamage
{
    /// <summary>The file with a chunk's content edited; which one is taken modulo their number.</summary>
    public static byte[] Apply(IEnumerable<Damage> edits, int which, byte[] png)
    {
        List<(byte[] Type, byte[] Content)> chunks = Split(png);
        which %= chunks.Count;
        chunks[which] = (chunks[which].Type, Damage.Apply(edits, chunks[which].Content));

        using MemoryStream result = new();
        result.Write(PngFile.Signature);
        foreach ((byte[] type, byte[] content) in chunks) PngChunk.Write(result, type, content);
        return result.ToArray();
    }

    /// <summary>The file with a chunk more, in front of the first of pixels; its checksum is right.</summary>
    public static byte[] Insert(string type, byte[] content, byte[] png)
    {
        using MemoryStream result = new();
        result.Write(PngFile.Signature);
        bool isIn = false;
        foreach ((byte[] known, byte[] old) in Split(png))
        {
            if (!isIn && known.AsSpan().SequenceEqual("IDAT"u8))
            {
                PngChunk.Write(result, System.Text.Encoding.ASCII.GetBytes(type), content);
                isIn = true;
            }
            PngChunk.Write(result, known, old);
        }
        return result.ToArray();
    }

    private static List<(byte[] Type, byte[] Content)> Split(ReadOnlySpan<byte> png)
    {
        List<(byte[] Type, byte[] Content)> chunks = [];
        ReadOnlySpan<byte> rest = png[PngFile.Signature.Length..];
        do
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(rest);
            chunks.Add((rest.Slice(4, 4).ToArray(), rest.Slice(8, length).ToArray()));
            rest = rest[(12 + length)..];
        }
        while (!chunks[^1].Type.AsSpan().SequenceEqual("IEND"u8));
        return chunks;
    }
}
