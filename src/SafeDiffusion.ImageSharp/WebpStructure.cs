using System.Buffers.Binary;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.ImageSharp;

/// <summary>A WebP's chunks (RFC 9649, section 2), walked from start to end before anything is decoded.</summary>
/// <param name="Length">The file's bytes by its header; what follows is not the picture's.</param>
/// <param name="Orientation">What the first EXIF chunk tells.</param>
internal readonly record struct WebpStructure(int Length, int Orientation)
{
    private const int RiffLength = 12;
    private const int ChunkHeader = 8;
    private const byte AnimationFlag = 0x02;

    public static bool Recognizes(ReadOnlySpan<byte> start) =>
        start.Length >= RiffLength && start.StartsWith("RIFF"u8) && start[ChunkHeader..].StartsWith("WEBP"u8);

    /// <exception cref="InvalidFileException">The file is no WebP, truncated, animated, damaged or beyond the limits.</exception>
    public static WebpStructure Read(ReadOnlySpan<byte> bytes, string name, ImageLimits limits)
    {
        if (!Recognizes(bytes)) throw new InvalidFileException(name, "is no WebP file");
        long length = ChunkHeader + (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (length > bytes.Length) throw new InvalidFileException(name, $"is truncated: {length} bytes were written, {bytes.Length} are there. Fetch it again");

        int? orientation = null;
        int pictures = 0;
        ReadOnlySpan<byte> rest = bytes[RiffLength..Math.Max(RiffLength, (int)length)];
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<byte> content = Chunk(rest, name, out int taken);
            ReadOnlySpan<byte> type = rest[..4];
            if (type.SequenceEqual("VP8X"u8)) RequireOnePicture(content, name);
            if (type.SequenceEqual("EXIF"u8)) orientation ??= ExifOrientation.Read(content);
            if (Size(type, content, name) is (int width, int height))
            {
                limits.RequirePixels(width, height, name);
                if (++pictures > 1) throw new InvalidFileException(name, "is damaged: it holds two pictures");
            }
            rest = rest[taken..];
        }
        if (pictures == 0) throw new InvalidFileException(name, "is damaged: it holds no pixels");
        return new WebpStructure((int)length, orientation ?? ExifOrientation.Upright);
    }

    private static ReadOnlySpan<byte> Chunk(ReadOnlySpan<byte> rest, string name, out int taken)
    {
        uint length = rest.Length < ChunkHeader ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
        if (length > rest.Length - ChunkHeader) throw new InvalidFileException(name, "is damaged: a chunk goes beyond the file's end");
        // Chunks of odd length have a byte after them, which some writers leave out at the end.
        taken = (int)Math.Min(rest.Length, ChunkHeader + length + (length & 1));
        return rest.Slice(ChunkHeader, (int)length);
    }

    private static void RequireOnePicture(ReadOnlySpan<byte> content, string name)
    {
        if (content.Length < 10) throw new InvalidFileException(name, "is damaged: its header (VP8X) is too short");
        if ((content[0] & AnimationFlag) != 0) throw new InvalidFileException(name, "is animated; save one of its pictures as a file of its own");
    }

    /// <summary>The size of compressed pixels, lossy (RFC 6386, section 9.1) or lossless (RFC 9649, section 3.4); null for another chunk.</summary>
    private static (int Width, int Height)? Size(ReadOnlySpan<byte> type, ReadOnlySpan<byte> content, string name)
    {
        const int SideBits = 0x3FFF;
        if (type.SequenceEqual("VP8 "u8))
        {
            if (content.Length < 10 || !content[3..].StartsWith<byte>([0x9D, 0x01, 0x2A])) throw Damaged();
            int partition = (content[0] | content[1] << 8 | content[2] << 16) >> 5;
            if (partition > content.Length - 10) throw Damaged();
            return (BinaryPrimitives.ReadUInt16LittleEndian(content[6..]) & SideBits, BinaryPrimitives.ReadUInt16LittleEndian(content[8..]) & SideBits);
        }
        if (!type.SequenceEqual("VP8L"u8)) return null;
        if (content.Length < 5 || content[0] != 0x2F) throw Damaged();
        uint bits = BinaryPrimitives.ReadUInt32LittleEndian(content[1..]);
        return ((int)(bits & SideBits) + 1, (int)(bits >> 14 & SideBits) + 1);

        InvalidFileException Damaged() => new(name, "is damaged: its compressed pixels have no valid beginning");
    }
}
