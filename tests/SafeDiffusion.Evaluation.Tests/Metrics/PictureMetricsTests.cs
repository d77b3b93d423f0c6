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
}
