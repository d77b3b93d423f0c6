using System.Buffers.Binary;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Imaging.Png;

namespace SafeDiffusion.Imaging;

/// <summary>Formula layer: Exif's eight orientations against pictures turned by hand, and PNGs that carry one.</summary>
public sealed class ExifOrientationTests
{
    // Stored rows, each letter a pixel; the first side of the standard's name for a value is where the first row belongs.
    private static readonly string[] _stored = ["abc", "def"];

    public static TheoryData<int, string[]> Shown => new()
    {
        { 1, ["abc", "def"] },
        { 2, ["cba", "fed"] },
        { 3, ["fed", "cba"] },
        { 4, ["def", "abc"] },
        { 5, ["ad", "be", "cf"] },
        { 6, ["da", "eb", "fc"] },
        { 7, ["fc", "eb", "da"] },
        { 8, ["cf", "be", "ad"] },
    };

    [Theory, MemberData(nameof(Shown))]
    public void PicturesAreTurnedAsShown(int orientation, string[] shown) =>
        Assert.Equal(shown, Letters(ExifOrientation.Apply(Picture(_stored), orientation)));

    [Theory, MemberData(nameof(Shown))]
    public void APngIsTurnedAsItsExifTells(int orientation, string[] shown)
    {
        foreach (bool little in new[] { true, false })
        {
            Assert.Equal(shown, Letters(Decode(WithChunk("eXIf", Exif(orientation, little)))));
            Assert.Equal(shown, Letters(Decode(WithChunk("eXIf", Exif(orientation, little), afterPixels: true))));
            Assert.Equal(shown, Letters(Decode(WithChunk("eXIf", [.. "Exif\0\0"u8, .. Exif(orientation, little)]))));
        }
    }

    [Fact]
    public void DamagedExifIsLeftAlone()
    {
        byte[] exif = Exif(6, little: true);
        for (int length = 0; length < exif.Length - 6; length++) Assert.Equal(1, ExifOrientation.Read(exif.AsSpan(0, length)));
        for (int place = 0; place < exif.Length; place++)
        {
            byte[] damaged = [.. exif];
            damaged[place] ^= 0xFF;
            Assert.InRange(ExifOrientation.Read(damaged), 1, 8);
        }
        Assert.Equal(1, ExifOrientation.Read(Exif(0, little: true)));
        Assert.Equal(1, ExifOrientation.Read(Exif(9, little: false)));
    }

    /// <summary>libpng, Pillow and others read on; some drawing programs write it.</summary>
    [Fact]
    public void ATransparentColourBesideAnAlphaChannelIsLeftAlone()
    {
        byte[] header = [0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0];
        using MemoryStream pixels = new();
        using (System.IO.Compression.ZLibStream compressed = new(pixels, System.IO.Compression.CompressionMode.Compress)) compressed.Write([0, 10, 20, 30, 255]);
        byte[] png = Png(("IHDR", header), ("tRNS", [0, 10, 0, 20, 0, 30]), ("IDAT", pixels.ToArray()), ("IEND", []));
        Assert.Equal(new RgbColor(10, 20, 30), Decode(png)[0, 0]);
    }

    private static RgbImage Decode(byte[] png) => PngCodec.Default.Decode(new MemoryStream(png), "png");

    private static byte[] WithChunk(string type, byte[] content, bool afterPixels = false)
    {
        using MemoryStream stream = new();
        PngCodec.Default.Encode(Picture(_stored), stream);
        byte[] png = stream.ToArray();
        using MemoryStream chunk = new();
        PngChunk.Write(chunk, System.Text.Encoding.ASCII.GetBytes(type), content);
        int place = afterPixels ? png.Length - 12 : 33;
        return [.. png[..place], .. chunk.ToArray(), .. png[place..]];
    }

    private static byte[] Png(params (string Type, byte[] Content)[] chunks)
    {
        using MemoryStream stream = new();
        stream.Write(PngFile.Signature);
        foreach ((string type, byte[] content) in chunks) PngChunk.Write(stream, System.Text.Encoding.ASCII.GetBytes(type), content);
        return stream.ToArray();
    }

    /// <summary>A TIFF header and a directory with another entry before the orientation.</summary>
    private static byte[] Exif(int orientation, bool little)
    {
        byte[] exif = new byte[8 + 2 + 2 * 12 + 4];
        (little ? "II"u8 : "MM"u8).CopyTo(exif);
        Write(2, 42);
        Write(little ? 4 : 6, 8);
        Write(8, 2);
        Write(10, 0x0100);
        Write(12, 3);
        Write(22, 0x0112);
        Write(24, 3);
        Write(30, orientation);
        return exif;

        void Write(int place, int value)
        {
            if (little) BinaryPrimitives.WriteUInt16LittleEndian(exif.AsSpan(place), (ushort)value);
            else BinaryPrimitives.WriteUInt16BigEndian(exif.AsSpan(place), (ushort)value);
        }
    }

    private static RgbImage Picture(string[] rows) =>
        new(rows[0].Length, rows.Length, string.Concat(rows).SelectMany(letter => Enumerable.Repeat((byte)letter, 3)).ToArray());

    private static string[] Letters(RgbImage image) =>
        [.. Enumerable.Range(0, image.Height).Select(y => string.Concat(Enumerable.Range(0, image.Width).Select(x => (char)image[x, y].Red)))];
}
