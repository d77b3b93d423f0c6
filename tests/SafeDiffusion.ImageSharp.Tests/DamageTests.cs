using System.Buffers.Binary;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.ImageSharp;

/// <summary>Formula layer: damaged, truncated and greedy files end in an error of ours, and with little memory.</summary>
public sealed class DamageTests
{
    private const int DamagedFiles = 1500;

    public static TheoryData<string> Files =>
        ["baseline.jpg", "progressive.jpg", "subsampled.jpg", "gray.jpg", "orientation-6.jpg", "lossy.webp", "lossless.webp", "alpha-lossy.webp", "orientation-6.webp"];

    [Theory, MemberData(nameof(Files))]
    public void EveryTruncationIsRefused(string file)
    {
        byte[] bytes = Pictures.Bytes(file);
        for (int length = 0; length < bytes.Length; length++) Assert.StartsWith("picture: ", Pictures.Refusal(bytes[..length]), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Files))]
    public void BytesAfterThePictureAreLeftAlone(string file)
    {
        byte[] bytes = Pictures.Bytes(file);
        byte[] longer = [.. bytes, .. Pictures.Bytes("baseline.jpg"), 1, 2, 3];
        Assert.Equal(Pictures.Decode(bytes).Pixels.ToArray(), Pictures.Decode(longer).Pixels.ToArray());
    }

    [Theory, MemberData(nameof(Files))]
    public void DamageIsRefusedOrHarmless(string file)
    {
        byte[] bytes = Pictures.Bytes(file);
        ImageLimits limits = new() { MaxPixels = 1 << 20 };
        Assert.InRange(Enumerable.Range(0, DamagedFiles).Count(seed => IsRefused(Damaged(bytes, seed), limits)), 1, DamagedFiles);
    }

    [Fact]
    public void AFalseSizeIsRefusedBeforeMemoryIsSetAside()
    {
        byte[] jpeg = Pictures.Bytes("baseline.jpg");
        int frame = jpeg.AsSpan().IndexOf<byte>([0xFF, 0xC0]);
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 5), 60_000);
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 7), 60_000);
        byte[] webp = Pictures.Bytes("lossless.webp");
        BinaryPrimitives.WriteUInt32LittleEndian(webp.AsSpan(webp.AsSpan().IndexOf("VP8L"u8) + 9), 0x0FFF_FFFF);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("60000x60000 pixels", Pictures.Refusal(jpeg), StringComparison.Ordinal);
        Assert.Contains("16384x16384 pixels", Pictures.Refusal(webp), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void LimitsAreHeld()
    {
        foreach (string file in new[] { "baseline.jpg", "lossy.webp" })
        {
            byte[] bytes = Pictures.Bytes(file);
            Assert.Contains("MaxPixels", Pictures.Refusal(bytes, new ImageLimits { MaxPixels = 23 * 17 - 1 }), StringComparison.Ordinal);
            Assert.Contains("MaxFileBytes", Pictures.Refusal(bytes, new ImageLimits { MaxFileBytes = bytes.Length - 1 }), StringComparison.Ordinal);
            Pictures.Decode(bytes, new ImageLimits { MaxPixels = 23 * 17, MaxFileBytes = bytes.Length });
        }
    }

    [Fact]
    public void ManyScansAreRefused()
    {
        byte[] jpeg = Pictures.Bytes("baseline.jpg");
        byte[] scan = jpeg[jpeg.AsSpan().IndexOf<byte>([0xFF, 0xDA])..^2];
        byte[] many = [.. jpeg[..^2], .. Enumerable.Repeat(scan, 64).SelectMany(bytes => bytes), .. jpeg[^2..]];
        Assert.Contains("more than 64 scans", Pictures.Refusal(many), StringComparison.Ordinal);
    }

    private static bool IsRefused(byte[] bytes, ImageLimits limits)
    {
        Exception? error = Record.Exception(() => Pictures.Decode(bytes, limits));
        if (error is not null) Assert.IsType<InvalidFileException>(error);
        return error is not null;
    }

    /// <summary>One to four bytes changed, put in or taken out.</summary>
    private static byte[] Damaged(byte[] bytes, int seed)
    {
        Random random = new(seed);
        List<byte> result = [.. bytes];
        for (int edits = random.Next(1, 5); edits > 0; edits--)
        {
            int position = random.Next(result.Count);
            switch (random.Next(3))
            {
                case 0: result[position] = (byte)random.Next(256); break;
                case 1: result.Insert(position, (byte)random.Next(256)); break;
                default: result.RemoveAt(position); break;
            }
        }
        return [.. result];
    }
}
