using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Methods.DetectAndGuide;

namespace SafeDiffusion.Guidance;

/// <summary>
/// Formula layer: DAG's masks and scalers against scipy's labels and distance transform. Tolerance 1e-6: the fixture is in double
/// precision, the library in single. Where two components are equally near, any value between the fixture's bounds is right.
/// </summary>
public sealed class DetectionScaleTests
{
    private static readonly SafeTensorsFile _fixture = SafeTensorsFile.Load(Fixture.Locate("numerics", "detection.safetensors"));

    /// <summary>The paper's settings, which the fixture was made with.</summary>
    private static readonly DetectionScaleSettings _published = new(
        Presence: 0.5f, Edit: 0.01f, UndefinedCoverage: 0.8f, Weight: 5, MaxMagnitude: 5, UsesArea: true, UsesMagnitude: true);

    public static TheoryData<string> Maps => [.. _fixture.Tensors.Keys.Where(key => key.EndsWith("/map", StringComparison.Ordinal)).Select(key => key[..^4])];

    [Theory]
    [MemberData(nameof(Maps))]
    public void EditMaskComponentsAndCoverageAgree(string name)
    {
        (DetectionScale scale, _, _) = Compute(name, _published with { UndefinedCoverage = 2 });
        byte[] mask = _fixture[$"{name}/edit_mask"].Bytes.ToArray();
        long[] labels = _fixture[$"{name}/labels_scipy_order"].ToInt64s();
        Assert.Equal(mask.Count(value => value != 0) / (float)mask.Length, scale.Coverage, 6);
        Assert.Equal(labels.Max(), scale.Components);
        // A partition's labels may be numbered in any order.
        Assert.Equal(scale.Components, labels.Zip(scale.Labels.ToArray()).Where(pair => pair.First != 0).Distinct().Count());
        Assert.All(labels.Zip(scale.Labels.ToArray()), pair => Assert.Equal(pair.First == 0, pair.Second == 0));
        if (scale.Components > 0) Assert.All(scale.Values.ToArray().Index(), value => Assert.Equal(mask[value.Index] != 0, value.Item > 0));
    }

    [Theory]
    [MemberData(nameof(Maps))]
    public void ScaleIsTheReferences(string name)
    {
        (DetectionScale scale, _, bool hasGuidance) = Compute(name, _published);
        double[] expected = _fixture[$"{name}/scale"].ToDoubles();
        byte[] mask = _fixture[$"{name}/edit_mask"].Bytes.ToArray();
        Assert.Equal(expected.Any(value => value != 0), hasGuidance);
        if (!_fixture.Tensors.ContainsKey($"{name}/area_lowest_allowed"))
        {
            Assert.All(scale.Values.ToArray(), value => Assert.Equal(0, value));
            return;
        }
        double[] lowest = _fixture[$"{name}/area_lowest_allowed"].ToDoubles(), highest = _fixture[$"{name}/area_highest_allowed"].ToDoubles();
        double[] magnitude = _fixture[$"{name}/magnitude_scaler"].ToDoubles();
        for (int i = 0; i < expected.Length; i++)
        {
            double factor = hasGuidance && mask[i] != 0 ? magnitude[i] : 0;
            Assert.InRange(scale.Values[i], lowest[i] * factor - 1e-6, highest[i] * factor + 1e-6);
        }
    }

    [Theory]
    [InlineData("one_component")]
    [InlineData("three_components")]
    [InlineData("ring")]
    public void EachScalerCanBeOff(string name)
    {
        AssertMasked($"{name}/scale_without_area", name, _published with { UsesArea = false });
        AssertMasked($"{name}/scale_without_magnitude", name, _published with { UsesMagnitude = false });
    }

    [Fact]
    public void TheGateOfSeveralMapsIsTheirMaximum()
    {
        float[] gate = _fixture["several/gate"].ToSingles();
        DetectionScale scale = new(16, 16);
        Assert.True(scale.Compute(gate, _published));
        double[] each = _fixture["several/scale_of_each"].ToDoubles();
        float[] maps = _fixture["several/maps"].ToSingles();
        for (int i = 0; i < 3; i++)
        {
            float[] map = maps[(i * 256)..((i + 1) * 256)];
            Assert.True(scale.Compute(map, _published));
            for (int j = 0; j < 256; j++) Assert.Equal(map[j] >= 0.01f ? each[i * 256 + j] : 0, scale.Values[j], 1e-6);
        }
    }

    [Fact]
    public void ScoresAreAveragedOverTokensAndThenNormalised()
    {
        float[] scores = _fixture["normalise/score"].ToSingles();
        float[] map = new float[256];
        DetectionMaps.Mean(scores, hasBackground: false, map);
        DetectionMaps.NormalisePerMapInPlace(map);
        AssertClose("normalise/mean_over_tokens_then_per_map", map);

        float[] one = new float[256];
        double[] expected = _fixture["normalise/calibrated"].ToDoubles();
        for (int token = 0; token < 3; token++)
        {
            DetectionMaps.Mean(scores.AsSpan(token * 256, 256), hasBackground: false, one);
            DetectionMaps.CalibrateInPlace(one, new CalibrationBand(0, -0.5f, 3.25f));
            for (int i = 0; i < 256; i++) Assert.Equal(expected[token * 256 + i], one[i], 1e-6);
        }
    }

    [Fact]
    public void TheBackgroundsScoreIsSubtracted()
    {
        float[] scores = _fixture["normalise/score"].ToSingles();
        float[] map = new float[256];
        DetectionMaps.Mean(scores, hasBackground: true, map);
        for (int i = 0; i < 256; i++) Assert.Equal((scores[i] + scores[256 + i]) / 2 - scores[512 + i], map[i], 1e-6f);
    }

    [Fact]
    public void AConstantMapBecomesZeros()
    {
        float[] map = _fixture["normalise/constant_map"].ToSingles();
        DetectionMaps.NormalisePerMapInPlace(map);
        Assert.All(map, value => Assert.Equal(0, value));
    }

    [Fact]
    public void TheNearestComponentIsFoundOnAnyGrid()
    {
        Random random = new(3);
        for (int round = 0; round < 50; round++)
        {
            (int height, int width) = (random.Next(1, 12), random.Next(1, 12));
            int[] labels = [.. Enumerable.Range(0, height * width).Select(_ => random.Next(6) == 0 ? 1 : 0)];
            labels[random.Next(labels.Length)] = 1;
            ReadOnlySpan<int> nearest = new NearestComponent(height, width).Find(labels);
            for (int i = 0; i < labels.Length; i++)
            {
                Assert.Equal(1, labels[nearest[i]]);
                Assert.Equal(Enumerable.Range(0, labels.Length).Where(j => labels[j] == 1).Min(j => Distance(i, j)), Distance(i, nearest[i]));
            }

            int Distance(int one, int other) =>
                (one / width - other / width) * (one / width - other / width) + (one % width - other % width) * (one % width - other % width);
        }
    }

    private static void AssertMasked(string expected, string name, in DetectionScaleSettings settings)
    {
        (DetectionScale scale, float[] map, _) = Compute(name, settings);
        double[] values = _fixture[expected].ToDoubles();
        for (int i = 0; i < map.Length; i++) Assert.Equal(map[i] >= settings.Edit ? values[i] : 0, scale.Values[i], 1e-6);
    }

    private static void AssertClose(string expected, float[] actual)
    {
        double[] values = _fixture[expected].ToDoubles();
        for (int i = 0; i < values.Length; i++) Assert.Equal(values[i], actual[i], 1e-6);
    }

    private static (DetectionScale Scale, float[] Map, bool HasGuidance) Compute(string name, in DetectionScaleSettings settings)
    {
        StoredTensor map = _fixture[$"{name}/map"];
        DetectionScale scale = new((int)map.Shape[0], (int)map.Shape[1]);
        float[] values = map.ToSingles();
        bool hasGuidance = scale.Compute(values, settings);
        return (scale, values, hasGuidance);
    }
}
