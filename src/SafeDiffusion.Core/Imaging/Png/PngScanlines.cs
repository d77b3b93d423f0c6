using System.IO.Compression;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Imaging.Png;

/// <summary>Decompresses a file's pixels, takes the filters back and puts interlaced rows in their places.</summary>
internal static class PngScanlines
{
    // Deflate's best: 258 bytes for two bits.
    private const long BestRatio = 1032;

    /// <summary>
    /// The samples of the file, [height, width, channels], still at its depth and, for a palette, indices: a byte each,
    /// or two with the high one first at depth 16.
    /// </summary>
    /// <exception cref="InvalidFileException">The compressed pixels are damaged, too few or too many.</exception>
    public static byte[] Read(PngFile file)
    {
        PngHeader header = file.Header;
        PngPass[] passes = PngPass.Of(header);
        long packed = passes.Sum(pass => pass.Height * (1 + header.RowBytes(pass.Width)));
        int compressed = file.Data.Sum(piece => piece.Length);
        if (packed > BestRatio * compressed) throw file.Invalid($"has {compressed} bytes of pixels, from which {header.Width}x{header.Height} cannot be restored");

        byte[] samples = new byte[header.Width * header.Height * header.PixelBytes];
        try
        {
            using ZLibStream stream = new(Joined(file.Data, compressed), CompressionMode.Decompress);
            foreach (PngPass pass in passes) ReadPass(stream, file, pass, samples);
            if (stream.ReadByte() >= 0) throw file.Invalid("has more pixels than its size tells");
        }
        catch (EndOfStreamException error)
        {
            throw file.Invalid("has fewer pixels than its size tells", error);
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            throw file.Invalid("its compressed pixels (IDAT) are damaged", error);
        }
        return samples;
    }

    private static void ReadPass(ZLibStream stream, PngFile file, PngPass pass, byte[] samples)
    {
        PngHeader header = file.Header;
        int length = (int)header.RowBytes(pass.Width);
        // In front of each row lies its filter; distances are in whole bytes, at least one.
        byte[] current = new byte[1 + length];
        byte[] previous = new byte[1 + length];
        int distance = Math.Max(1, header.Channels * header.Depth / 8);
        for (int row = 0; row < pass.Height; row++)
        {
            stream.ReadExactly(current);
            if (!PngFilter.TryUndo(current[0], current.AsSpan(1), previous.AsSpan(1), distance))
                throw file.Invalid($"has a row with filter {current[0]}, which PNG does not know");
            Unpack(current.AsSpan(1), header, pass, row, samples);
            (current, previous) = (previous, current);
        }
    }

    private static void Unpack(ReadOnlySpan<byte> packed, PngHeader header, PngPass pass, int row, byte[] samples)
    {
        int size = header.PixelBytes;
        int start = ((pass.Top + row * pass.StepY) * header.Width + pass.Left) * size;
        if (header.Depth < 8) UnpackBits(packed, header.Depth, pass, samples.AsSpan(start));
        else if (pass.StepX == 1) packed.CopyTo(samples.AsSpan(start));
        else
        {
            for (int x = 0; x < pass.Width; x++) packed.Slice(x * size, size).CopyTo(samples.AsSpan(start + x * pass.StepX * size));
        }
    }

    // Only gray and palettes have less than 8 bits, so a pixel is one sample.
    private static void UnpackBits(ReadOnlySpan<byte> packed, int depth, PngPass pass, Span<byte> samples)
    {
        int mask = (1 << depth) - 1;
        for (int x = 0; x < pass.Width; x++)
        {
            int bit = x * depth;
            samples[x * pass.StepX] = (byte)((packed[bit >> 3] >> (8 - depth - (bit & 7))) & mask);
        }
    }

    private static MemoryStream Joined(IReadOnlyList<ReadOnlyMemory<byte>> pieces, int length)
    {
        MemoryStream joined = new(length);
        foreach (ReadOnlyMemory<byte> piece in pieces) joined.Write(piece.Span);
        joined.Position = 0;
        return joined;
    }
}
