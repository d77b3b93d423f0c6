using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.ImageSharp;

/// <summary>Formula layer: JPEG and WebP of another encoder, against what libvips reads from them.</summary>
public sealed class ReferencePictureTests
{
    // The inverse cosine transform and the colours are rounded differently; chroma at half the size is scaled up by the nearest pixel, not smoothly.
    [Theory]
    [InlineData("baseline.jpg", 3)]
    [InlineData("progressive.jpg", 3)]
    [InlineData("gray.jpg", 3)]
    [InlineData("subsampled.jpg", 24)]
    [InlineData("lossy.webp", 3)]
    [InlineData("lossless.webp", 0)]
    [InlineData("alpha-lossy.webp", 3)]
    [InlineData("alpha-lossless.webp", 1)]
    [InlineData("orientation-6.webp", 0)]
    [InlineData("orientation-2.jpg", 3)]
    [InlineData("orientation-3.jpg", 3)]
    [InlineData("orientation-4.jpg", 3)]
    [InlineData("orientation-5.jpg", 3)]
    [InlineData("orientation-6.jpg", 3)]
    [InlineData("orientation-7.jpg", 3)]
    [InlineData("orientation-8.jpg", 3)]
    public void ReadsWhatLibvipsReads(string file, int tolerance)
    {
        RgbImage expected = RgbImage.Load(Pictures.PathOf($"{file}.png"));
        RgbImage read = RgbImage.Load(Pictures.PathOf(file), Pictures.Codecs);
        Assert.InRange(Pictures.LargestDifference(expected, read), 0, tolerance);
    }

    [Fact]
    public void AnAnimationIsRefused() =>
        Assert.Contains("is animated", Pictures.Refusal(Pictures.Bytes("animated.webp")), StringComparison.Ordinal);
}
