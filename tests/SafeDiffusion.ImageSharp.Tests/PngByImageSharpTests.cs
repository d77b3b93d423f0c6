using System.Buffers.Binary;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Imaging.Png;
using SafeDiffusion.Fixtures;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace SafeDiffusion.ImageSharp;

/// <summary>
/// Why PNG is this library's own: what ImageSharp 2.1.13 makes of PNGs that ours reads or refuses. A newer ImageSharp that fails one of these
/// tests is a reason to decide again.
/// </summary>
public sealed class PngByImageSharpTests
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(10);

    [EvidenceTheory]
    [InlineData("gray1_interlaced_1x1.png")]
    [InlineData("rgb8_interlaced_3x2.png")]
    public void ItSpinsOnValidFiles(string file)
    {
        byte[] bytes = Fixtures(file);
        Assert.InRange(PngCodec.Default.Decode(new MemoryStream(bytes), file).Width, 1, 3);
        // A thread cannot be stopped; one in the background at least does not keep the run from ending.
        Thread thread = new(() => Record.Exception(() => Image.Load<Rgba32>(bytes).Dispose())) { IsBackground = true, Priority = ThreadPriority.Lowest };
        thread.Start();
        Assert.False(thread.Join(_limit));
    }

    [EvidenceTheory]
    [InlineData("truncated_zlib.png")]
    [InlineData("short_data.png")]
    [InlineData("preset_dictionary.png")]
    [InlineData("compression_1.png")]
    [InlineData("unknown_critical_chunk.png")]
    [InlineData("palette_index_out_of_range.png")]
    [InlineData("palette_length_not_3n.png")]
    public void ItAcceptsCorruptFiles(string file)
    {
        byte[] bytes = Fixtures(file);
        Assert.Throws<InvalidFileException>(() => PngCodec.Default.Decode(new MemoryStream(bytes), file));
        Image.Load<Rgba32>(bytes).Dispose();
    }

    [EvidenceTheory]
    [InlineData(30_000)]
    public void ItDecodesABombOf74Bytes(int side)
    {
        byte[] bomb = Bomb(side);
        Assert.Equal(74, bomb.Length);
        Assert.Throws<InvalidFileException>(() => PngCodec.Default.Decode(new MemoryStream(bomb), "bomb"));
        using Image<Rgba32> picture = Image.Load<Rgba32>(bomb);
        Assert.Equal((side, side), (picture.Width, picture.Height));
    }

    /// <summary>A header that claims so many RGBA pixels a side, and six bytes of them, stored.</summary>
    private static byte[] Bomb(int side)
    {
        byte[] header = [0, 0, 0, 0, 0, 0, 0, 0, 8, 6, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(header, side);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), side);
        using MemoryStream stream = new();
        stream.Write(PngFile.Signature);
        PngChunk.Write(stream, "IHDR"u8, header);
        PngChunk.Write(stream, "IDAT"u8, [0x78, 0x01, 0x01, 6, 0, 0xF9, 0xFF, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1]);
        PngChunk.Write(stream, "IEND"u8, []);
        return stream.ToArray();
    }

    private static byte[] Fixtures(string file) => File.ReadAllBytes(Fixture.Locate("numerics", "png", file));
}
