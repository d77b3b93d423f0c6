using System.Buffers.Binary;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Core.Imaging.Png;

/// <summary>PNG's colour types; the values are those of the file.</summary>
internal enum PngColorType : byte
{
    Gray = 0,
    Rgb = 2,
    Palette = 3,
    GrayAlpha = 4,
    Rgba = 6,
}

/// <summary>What IHDR says.</summary>
internal sealed record PngHeader(int Width, int Height, int Depth, PngColorType ColorType, bool Interlaced)
{
    /// <summary>Samples of a pixel in the file: 1 to 4.</summary>
    public int Channels => ColorType switch
    {
        PngColorType.Rgb => 3,
        PngColorType.GrayAlpha => 2,
        PngColorType.Rgba => 4,
        _ => 1,
    };

    /// <summary>Bytes of a sample once unpacked: 2 at depth 16, else 1.</summary>
    public int SampleBytes => Depth == 16 ? 2 : 1;

    /// <summary>Bytes of a pixel once unpacked.</summary>
    public int PixelBytes => Channels * SampleBytes;

    /// <summary>Bytes of a packed row of so many pixels.</summary>
    public long RowBytes(int width) => ((long)width * Channels * Depth + 7) / 8;

    /// <summary>Parses IHDR.</summary>
    /// <exception cref="InvalidFileException">It is not valid.</exception>
    public static PngHeader Parse(ReadOnlySpan<byte> content, ByteSource source)
    {
        if (content.Length != 13) throw source.Invalid($"its header (IHDR) has {content.Length} bytes instead of 13");
        uint width = BinaryPrimitives.ReadUInt32BigEndian(content);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(content[4..]);
        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue) throw source.Invalid($"claims {width}x{height} pixels; that is no picture");

        (byte depth, byte color, byte compression, byte filter, byte interlace) = (content[8], content[9], content[10], content[11], content[12]);
        if (!IsValid(depth, (PngColorType)color)) throw source.Invalid($"has colour type {color} with {depth} bits, which PNG does not know");
        if (compression != 0) throw source.Invalid($"has compression method {compression}, which PNG does not know");
        if (filter != 0) throw source.Invalid($"has filter method {filter}, which PNG does not know");
        if (interlace > 1) throw source.Invalid($"has interlace method {interlace}, which PNG does not know");
        return new PngHeader((int)width, (int)height, depth, (PngColorType)color, interlace == 1);
    }

    private static bool IsValid(byte depth, PngColorType color) => color switch
    {
        PngColorType.Gray => depth is 1 or 2 or 4 or 8 or 16,
        PngColorType.Palette => depth is 1 or 2 or 4 or 8,
        PngColorType.Rgb or PngColorType.GrayAlpha or PngColorType.Rgba => depth is 8 or 16,
        _ => false,
    };
}
