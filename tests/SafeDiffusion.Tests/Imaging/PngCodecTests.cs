using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Imaging.Png;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Files;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Imaging.Png;

namespace SafeDiffusion.Imaging;

/// <summary>Formula layer: PNG against hand-written files that Pillow agrees with, and against itself.</summary>
public sealed class PngCodecTests
{
    private const long Megabyte = 1 << 20;

    private static readonly Gen<RgbImage> _images =
        from width in Gen.Choose(1, 20)
        from height in Gen.Choose(1, 20)
        from levels in Gen.Elements(1, 3, 256)
        from seed in Gen.Choose(0, int.MaxValue)
        select Noise(width, height, levels, seed);

    public static TheoryData<string> Valid => PngFixtures.Names(valid: true);

    public static TheoryData<string> Broken => PngFixtures.Names(valid: false);

    [Theory, MemberData(nameof(Valid))]
    public void ReadsEveryKind(string file)
    {
        PngPicture picture = Read(PngFixtures.Bytes(file));

        JsonElement entry = PngFixtures.Entry(file);
        Assert.Equal(entry.GetProperty("width").GetInt32(), picture.Width);
        Assert.Equal(entry.GetProperty("height").GetInt32(), picture.Height);
        StoredTensor samples = PngFixtures.Array(file, "pixels");
        Assert.Equal([picture.Height, picture.Width, picture.Channels], samples.Shape.AsEnumerable());
        Assert.Equal(samples.ToInt64s(), Numbers(picture));
        Assert.Equal(PngFixtures.Array(file, "rgba8").Bytes.ToArray(), picture.ToRgba8());
    }

    [Theory, MemberData(nameof(Valid))]
    public void BlendsTransparencyOverWhite(string file)
    {
        byte[] rgba = PngFixtures.Array(file, "rgba8").Bytes.ToArray();
        RgbImage image = RgbImage.Load(PngFixtures.PathOf(file));
        for (int i = 0; i < rgba.Length / 4; i++)
        {
            double alpha = rgba[4 * i + 3] / 255.0;
            for (int channel = 0; channel < 3; channel++)
            {
                double expected = alpha * rgba[4 * i + channel] + (1 - alpha) * 255;
                Assert.Equal(expected, image.Pixels.Span[3 * i + channel], tolerance: 0.5 + 1e-9);
            }
        }
    }

    [Theory, MemberData(nameof(Broken))]
    public void RefusesBrokenFilesWithoutLargeAllocations(string file)
    {
        string path = PngFixtures.PathOf(file);
        byte[] bytes = PngFixtures.Bytes(file);
        long before = GC.GetAllocatedBytesForCurrentThread();

        InvalidFileException error = Assert.Throws<InvalidFileException>(() => RgbImage.Load(path));
        Assert.Throws<InvalidFileException>(() => PngCodec.Default.Decode(new ForwardStream(bytes), file));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Megabyte);
        Assert.StartsWith($"{path}: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatWasWrittenIsReadBack() => Properties.ForAll(_images, image =>
    {
        byte[] bytes = Written(image);
        RgbImage read = PngCodec.Default.Decode(new MemoryStream(bytes), "written");
        Assert.Equal((image.Width, image.Height), (read.Width, read.Height));
        Assert.Equal(image.Pixels.ToArray(), read.Pixels.ToArray());
    });

    [Fact]
    public void FiltersMakeSmoothPicturesSmall()
    {
        byte[] pixels = new byte[256 * 256 * 3];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(i / 3 % 256 / 2 + i / 3 / 256 / 2);
        Assert.InRange(Written(new RgbImage(256, 256, pixels)).Length, 0, 4000);
    }

    [Theory, MemberData(nameof(Valid))]
    public void DamageIsRefusedOrHarmless(string file)
    {
        byte[] bytes = PngFixtures.Bytes(file);
        Gen<(Damage[] Edits, int Chunk)> cases = from edits in Damage.Several from chunk in Gen.Choose(0, 1000) select (edits, chunk);
        Properties.ForAll(cases, damage =>
        {
            RequireRefusedOrHarmless(Damage.Apply(damage.Edits, bytes));
            RequireRefusedOrHarmless(ChunkDamage.Apply(damage.Edits, damage.Chunk, bytes));
        }, count: 100);
    }

    [Fact]
    public void LimitsAreHeld()
    {
        byte[] bytes = Written(Noise(10, 10, 256, seed: 1));
        Assert.Contains("MaxPixels", Refusal(bytes, new ImageLimits { MaxPixels = 99 }), StringComparison.Ordinal);
        Assert.Contains("MaxFileBytes", Refusal(bytes, new ImageLimits { MaxFileBytes = 300 }), StringComparison.Ordinal);
        PngCodec.Default.Decode(new MemoryStream(bytes), "png", new ImageLimits { MaxPixels = 100 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageLimits { MaxPixels = 0 });
    }

    /// <summary>A size that the compressed bytes cannot fill is refused before the pixels are set aside.</summary>
    [Fact]
    public void AFalseSizeCostsNothing()
    {
        byte[] bytes = Written(Noise(1, 1, 256, seed: 1));
        byte[] claims = ChunkDamage.Apply([new Damage(DamageKind.Flip, 2, 0x0F), new Damage(DamageKind.Flip, 6, 0x0F)], 0, bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("cannot be restored", Refusal(claims, null), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Megabyte);
    }

    /// <summary>Chunks that alter no pixel may hold anything, as for every common reader.</summary>
    [Theory]
    [InlineData("rgb8.png", "gAMA", 1)]
    [InlineData("rgb8.png", "cHRM", 3)]
    [InlineData("rgb8.png", "sRGB", 0)]
    [InlineData("rgb8.png", "iCCP", 4)]
    [InlineData("rgb8.png", "bKGD", 7)]
    [InlineData("gray8.png", "bKGD", 1)]
    [InlineData("palette4.png", "hIST", 3)]
    [InlineData("rgb8.png", "pHYs", 2)]
    [InlineData("rgb8.png", "sBIT", 9)]
    [InlineData("rgb8.png", "tIME", 1)]
    [InlineData("rgb8.png", "tEXt", 0)]
    [InlineData("rgb8.png", "zTXt", 5)]
    [InlineData("rgb8.png", "iTXt", 2)]
    [InlineData("rgb8.png", "sPLT", 1)]
    [InlineData("rgb8.png", "eXIf", 3)]
    [InlineData("rgb8.png", "acTL", 1)]
    [InlineData("rgb8.png", "prVt", 5)]
    [InlineData("rgb8.png", "vpAg", 9)]
    [InlineData("rgb8.png", "IDAT", 0)]
    [InlineData("rgba8.png", "tRNS", 6)]
    [InlineData("gray_alpha8.png", "tRNS", 2)]
    [InlineData("gray8.png", "PLTE", 6)]
    [InlineData("gray16.png", "PLTE", 7)]
    [InlineData("rgb8.png", "PLTE", 10)]
    [InlineData("rgb8.png", "PLTE", 0)]
    public void ChunksThatAlterNoPixelMayHoldAnything(string file, string type, int length)
    {
        byte[] bytes = PngFixtures.Bytes(file);
        byte[] changed = ChunkDamage.Insert(type, [.. Enumerable.Repeat((byte)0xA5, length)], bytes);
        Assert.NotEqual(bytes, changed);
        Assert.Equal(Read(bytes).ToRgba8(), Read(changed).ToRgba8());
        Assert.Equal(PngCodec.ToRgb(Read(bytes)).Pixels.ToArray(), PngCodec.Default.Decode(new MemoryStream(changed), "png").Pixels.ToArray());
    }

    [Fact]
    public void AnEndThatIsNotEmptyAndWhatFollowsAreLeftAlone()
    {
        byte[] bytes = PngFixtures.Bytes("rgb8.png");
        using MemoryStream end = new();
        PngChunk.Write(end, "IEND"u8, [0x42]);
        byte[] changed = [.. bytes[..^12], .. end.ToArray(), 1, 2, 3];
        Assert.Equal(Read(bytes).ToRgba8(), Read(changed).ToRgba8());
    }

    [Fact]
    public void AMissingFileIsNamed() =>
        Assert.Equal("/nowhere/x.png: does not exist", Assert.Throws<InvalidFileException>(() => RgbImage.Load("/nowhere/x.png")).Message);

    private static void RequireRefusedOrHarmless(byte[] bytes)
    {
        if (Record.Exception(() => PngCodec.ToRgb(Read(bytes))) is Exception error) Assert.IsType<InvalidFileException>(error);
        if (Record.Exception(() => PngCodec.ReadText(new MemoryStream(bytes), "text")) is Exception textError) Assert.IsType<InvalidFileException>(textError);
    }

    private static PngPicture Read(byte[] bytes) => PngCodec.ReadPicture(ByteSource.Of(bytes, "png"), null);

    private static string Refusal(byte[] bytes, ImageLimits? limits) =>
        Assert.Throws<InvalidFileException>(() => PngCodec.Default.Decode(new MemoryStream(bytes), "png", limits)).Message;

    private static IEnumerable<long> Numbers(PngPicture picture) => picture.SampleBytes == 1
        ? picture.Samples.Select(sample => (long)sample)
        : picture.Samples.Chunk(2).Select(sample => (long)(sample[0] << 8 | sample[1]));

    private static byte[] Written(RgbImage image)
    {
        using MemoryStream stream = new();
        PngCodec.Default.Encode(image, stream);
        return stream.ToArray();
    }

    private static RgbImage Noise(int width, int height, int levels, int seed)
    {
        Random random = new(seed);
        return new RgbImage(width, height, Enumerable.Range(0, width * height * 3).Select(_ => (byte)random.Next(levels)).ToArray());
    }
}
