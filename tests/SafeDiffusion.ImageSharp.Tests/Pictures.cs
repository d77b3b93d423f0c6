using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.ImageSharp;

/// <summary>The pictures of tests/Fixtures/pictures, and made ones.</summary>
internal static class Pictures
{
    /// <summary>What an app would pass.</summary>
    public static ImageCodecs Codecs { get; } = ImageCodecs.Default.AddImageSharp();

    public static string PathOf(string name) => Fixture.Locate("pictures", name);

    public static byte[] Bytes(string name) => File.ReadAllBytes(PathOf(name));

    public static RgbImage Decode(byte[] bytes, ImageLimits? limits = null) => Codecs.Decode(new MemoryStream(bytes), "picture", limits);

    public static string Refusal(byte[] bytes, ImageLimits? limits = null) =>
        Assert.Throws<InvalidFileException>(() => Decode(bytes, limits)).Message;

    public static byte[] Encoded(IImageCodec codec, RgbImage image)
    {
        using MemoryStream stream = new();
        codec.Encode(image, stream);
        return stream.ToArray();
    }

    /// <summary>Seeded noise, which nothing compresses.</summary>
    public static RgbImage Noise(int width, int height, int seed)
    {
        byte[] pixels = new byte[width * height * 3];
        new Random(seed).NextBytes(pixels);
        return new RgbImage(width, height, pixels);
    }

    /// <summary>Levels that rise to the right and fall to the bottom.</summary>
    public static RgbImage Smooth(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++)
        {
            (int y, int x) = Math.DivRem(i, width);
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = ((byte)(255 * x / width), (byte)(255 - 255 * y / height), (byte)(x + y));
        }
        return new RgbImage(width, height, pixels);
    }

    /// <summary>The largest difference of a level.</summary>
    public static int LargestDifference(RgbImage one, RgbImage other)
    {
        Assert.Equal((one.Width, one.Height), (other.Width, other.Height));
        return one.Pixels.ToArray().Zip(other.Pixels.ToArray(), (a, b) => Math.Abs(a - b)).Max();
    }
}
