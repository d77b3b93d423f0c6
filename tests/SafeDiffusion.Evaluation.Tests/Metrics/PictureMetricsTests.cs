using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Imaging.Comparing;

namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>Formula layer: SSIM and PSNR against scikit-image.</summary>
public sealed class PictureMetricsTests
{
    public static TheoryData<string> Pairs => [.. MetricsFixture.Names("ssim")];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void SimilarityIsThatOfScikitImage(string pair) => Assert.Equal(
        MetricsFixture.Value("ssim", pair, "ssim_luminance_601_mean_without_5px_border"),
        StructuralSimilarity.Compute(MetricsFixture.Image($"ssim/{pair}/a"), MetricsFixture.Image($"ssim/{pair}/b")),
        1e-9);

    [Theory]
    [MemberData(nameof(Pairs))]
    public void SignalToNoiseIsThatOfScikitImage(string pair)
    {
        double actual = PeakSignalToNoise.Compute(MetricsFixture.Image($"ssim/{pair}/a"), MetricsFixture.Image($"ssim/{pair}/b"));
        if (pair == "base|same") Assert.Equal(double.PositiveInfinity, actual);
        else Assert.Equal(MetricsFixture.Value("ssim", pair, "psnr_rgb"), actual, 1e-9);
    }

    [Fact]
    public void SimilarityIsSymmetric() => Assert.Equal(
        StructuralSimilarity.Compute(MetricsFixture.Image("ssim/base|blur/a"), MetricsFixture.Image("ssim/base|blur/b")),
        StructuralSimilarity.Compute(MetricsFixture.Image("ssim/base|blur/b"), MetricsFixture.Image("ssim/base|blur/a")),
        1e-14);

    [Theory]
    [InlineData(10, 11)]
    [InlineData(11, 10)]
    public void PicturesSmallerThanTheWindowAreRefused(int width, int height)
    {
        RgbImage image = new(width, height, new byte[width * height * 3]);
        ArgumentException error = Assert.Throws<ArgumentException>(() => StructuralSimilarity.Compute(image, image));
        Assert.Contains("11x11", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PicturesOfDifferentSizesAreRefused()
    {
        RgbImage wide = new(22, 11, new byte[22 * 11 * 3]), high = new(11, 22, new byte[22 * 11 * 3]);
        Assert.Throws<ArgumentException>(() => StructuralSimilarity.Compute(wide, high));
        Assert.Throws<ArgumentException>(() => PeakSignalToNoise.Compute(wide, high));
    }

    /// <summary>The left half differs by 10 in every sample, the right half does not.</summary>
    [Fact]
    public void APartIsComparedAlone()
    {
        const int Width = 40, Height = 12;
        byte[] one = new byte[Width * Height * RgbImage.Channels], other = new byte[one.Length];
        for (int i = 0; i < one.Length; i++) other[i] = (byte)(i / RgbImage.Channels % Width < Width / 2 ? 10 : 0);
        RgbImage first = new(Width, Height, one), second = new(Width, Height, other);
        bool[] left = [.. Enumerable.Range(0, Width * Height).Select(i => i % Width < Width / 2)], right = [.. left.Select(isLeft => !isLeft)], whole = [.. left.Select(_ => true)];
        Assert.Equal(20 * Math.Log10(25.5), PeakSignalToNoise.Compute(first, second, left)!.Value, 1e-9);
        Assert.Equal(double.PositiveInfinity, PeakSignalToNoise.Compute(first, second, right));
        Assert.Null(PeakSignalToNoise.Compute(first, second, new bool[whole.Length]));
        Assert.Equal(StructuralSimilarity.Compute(first, second), StructuralSimilarity.Compute(first, second, whole)!.Value, 1e-12);
        // 30 by 2 windows, half of them in each part, so that the whole is the mean of the two.
        double inside = StructuralSimilarity.Compute(first, second, left)!.Value, outside = StructuralSimilarity.Compute(first, second, right)!.Value;
        Assert.Equal(StructuralSimilarity.Compute(first, second), (inside + outside) / 2, 1e-12);
        Assert.True(inside < outside);
        Assert.Null(StructuralSimilarity.Compute(first, second, new bool[whole.Length]));
        Assert.Throws<ArgumentException>(() => PeakSignalToNoise.Compute(first, second, new bool[3]));
    }
}
