using SafeDiffusion.Evaluation.Metrics.Formulas;

namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>Formula layer: Fréchet and kernel distance against scipy and numpy.</summary>
public sealed class FeatureDistanceTests
{
    public static TheoryData<string> Sets => [.. MetricsFixture.Names("frechet")];

    [Theory]
    [MemberData(nameof(Sets))]
    public void FrechetDistanceIsThatOfSymmetricEigenvalues(string set)
    {
        double expected = MetricsFixture.Value("frechet", set, "symmetric_eigenvalues");
        Assert.Equal(expected, FrechetDistance.Compute(X(set), Y(set)), 1e-6 * Math.Max(1, expected));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void KernelDistanceIsUnbiased(string set)
    {
        double expected = MetricsFixture.Value("kid", set, "mmd2_unbiased");
        Assert.Equal(expected, KernelDistance.Compute(X(set), Y(set)), 1e-6 * Math.Abs(expected));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void DistancesAreSymmetric(string set)
    {
        Assert.Equal(FrechetDistance.Compute(X(set), Y(set)), FrechetDistance.Compute(Y(set), X(set)), 1e-5);
        Assert.Equal(KernelDistance.Compute(X(set), Y(set)), KernelDistance.Compute(Y(set), X(set)), 1e-9);
    }

    [Fact]
    public void IntervalsHoldTheirValues()
    {
        foreach (Measurement figure in (Measurement[])[FrechetDistance.Measure(X("full_rank"), Y("full_rank")), KernelDistance.Measure(X("full_rank"), Y("full_rank"))])
        {
            Assert.Equal(200, figure.Samples);
            Assert.InRange(figure.Value!.Value, figure.Interval!.Value.Low, figure.Interval.Value.High);
            Assert.True(figure.StandardError > 0);
        }
    }

    [Fact]
    public void AFrechetIntervalDoesNotGoBelowZero()
    {
        float[][] features = [[0, 1], [1, 0], [1, 1], [0, 0]];
        Interval interval = FrechetDistance.Measure(features, features).Interval!.Value;
        Assert.Equal(0, interval.Low);
        Assert.Equal(0, interval.High, 1e-12);
    }

    [Fact]
    public void OnePictureHasNoCovariance()
    {
        Assert.Equal("a set of features needs two pictures or more", FrechetDistance.Measure([[1, 2]], [[1, 2], [2, 3]]).Error);
        Assert.Equal("a set of features needs two pictures or more", KernelDistance.Measure([[1, 2], [2, 3]], [[1, 2]]).Error);
        Assert.Throws<ArgumentException>(() => FrechetDistance.Compute([], []));
    }

    [Fact]
    public void TwoPicturesHaveADistanceWithoutInterval()
    {
        // Means 1 and 2 apart in one dimension; variances 2 and 2.
        Measurement figure = FrechetDistance.Measure([[0], [2]], [[1], [3]]);
        Assert.Equal(1, figure.Value!.Value, 1e-12);
        Assert.Null(figure.Interval);
    }

    [Fact]
    public void FeaturesThatAreNoNumbersAreErrors()
    {
        Assert.Equal("a feature is not a finite number", FrechetDistance.Measure([[1], [float.NaN]], [[1], [2]]).Error);
        Assert.Equal("feature vectors differ in length", KernelDistance.Measure([[1], [1, 2]], [[1], [2]]).Error);
    }

    private static float[][] X(string set) => MetricsFixture.Features($"frechet/{set}/x");

    private static float[][] Y(string set) => MetricsFixture.Features($"frechet/{set}/y");
}
