using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Training.Recording;

/// <summary>Formula layer: which timesteps are kept within a limit, and that what is kept comes back.</summary>
public sealed class FeaturePlanTests
{
    private static readonly int[] _timesteps = [.. Enumerable.Range(0, 25).Select(i => 961 - (40 * i))];

    [Fact]
    public void AllStepsAreKeptWhereTheyFit() =>
        Assert.Equal(Enumerable.Range(0, 25), FeaturePlan.Create(_timesteps, pictures: 10, width: 64, positions: 256, limit: 10 * 25 * 64 * 256 * 4).Steps);

    [Fact]
    public void FewerStepsReachFromTheFirstToTheLast()
    {
        FeaturePlan plan = FeaturePlan.Create(_timesteps, pictures: 10, width: 64, positions: 256, limit: (10 * 8 * 64 * 256 * 4) - 1);
        Assert.Equal([0, 4, 8, 12, 16, 20, 24], plan.Steps.ToArray());
        Assert.Equal([961, 801, 641, 481, 321, 161, 1], plan.Timesteps.ToArray());
    }

    [Fact]
    public void TooLittleForFiveStepsIsRefused() =>
        Assert.Contains("5 timesteps of 10 pictures take 4 MiB", Assert.Throws<InvalidRequestException>(
            () => FeaturePlan.Create(_timesteps, pictures: 10, width: 64, positions: 256, limit: 1 << 20)).Message, StringComparison.Ordinal);

    [Fact]
    public void CacheGivesBackWhatItKeepsAndIgnoresOtherSteps()
    {
        using FeatureCache cache = new(new FeaturePlan([0, 2], [961, 881], Width: 2, Positions: 3));
        cache.Write(1, 2, [1, 2, 3, 4, 5, 6]);
        cache.Write(1, 1, [9, 9, 9, 9, 9, 9]);
        float[] features = new float[6];
        cache.Read(1, 1, features);
        Assert.Equal([1, 2, 3, 4, 5, 6], features);
    }
}
