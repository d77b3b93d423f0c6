using SafeDiffusion.Instrumentation.Quantization;

namespace SafeDiffusion.Quantizing;

/// <summary>Formula layer: ranges and their 256 levels.</summary>
public sealed class ValueHistogramTests
{
    /// <summary>
    /// 256 levels of a uniform range want all of it. One of n numbers, at 30, is cut to h where the sum of (30 - h)² and n (h + 1)² / (12 · 255²)
    /// is least.
    /// </summary>
    [Fact]
    public void AFarNumberIsWeighedAgainstTheFinenessOfAll()
    {
        const int count = 1_000_000;
        float[] numbers = [.. Enumerable.Range(0, count).Select(i => i * 2f / count - 1)];
        ValueRange all = Range(numbers);
        Assert.InRange(all.Low, -1.02f, -0.97f);
        Assert.InRange(all.High, 0.97f, 1.02f);
        double weight = count / (12.0 * 255 * 255);
        Assert.Equal((30 - weight) / (1 + weight), Range([.. numbers, 30]).High, 1.0);
    }

    /// <summary>The mean squared error of what is chosen, against that of many other ranges.</summary>
    [Fact]
    public void NoOtherRangeIsMuchBetter()
    {
        Random random = new(5);
        float[] numbers = [.. Enumerable.Range(0, 20_000).Select(_ => (float)(Math.Log(random.NextDouble()) * (random.Next(3) == 0 ? 0.5 : -1)))];
        double chosen = Error(numbers, Range(numbers));
        foreach (float low in new[] { -1f, -2, -3, -4, -5 })
        {
            foreach (float high in new[] { 4f, 5, 6, 7, 8, 9, 10 }) Assert.True(chosen < 1.1 * Error(numbers, new(low, high)), $"[{low}, {high}]");
        }
    }

    /// <summary>Numbers that come later and lie far beyond do not lose those before.</summary>
    [Fact]
    public void TheOrderOfPartsDoesNotMatter()
    {
        float[] near = [.. Enumerable.Range(1, 5000).Select(i => i / 5000f)], far = [.. Enumerable.Range(1, 5000).Select(i => -i / 10f)];
        ValueHistogram one = new(), other = new();
        one.Add(near);
        one.Add(far);
        other.Add(far);
        other.Add(near);
        Assert.Equal(other.Best().Low, one.Best().Low, 1f);
        Assert.Equal(other.Best().High, one.Best().High, 1f);
    }

    [Fact]
    public void ARangeHoldsZeroAndHasWholeLevels()
    {
        Assert.Equal((0f, 5f, (byte)0), (new ValueRange(2, 5).Low, new ValueRange(2, 5).High, new ValueRange(2, 5).ZeroPoint));
        Assert.Equal((byte)255, new ValueRange(-5, -1).ZeroPoint);
        Assert.Equal(1f / 255, new ValueRange(0, 0).Scale);
        Assert.Throws<ArgumentException>(() => new ValueRange(1, 0));
        Assert.Throws<ArgumentException>(() => new ValueRange(float.NaN, 0));
    }

    private static ValueRange Range(float[] numbers)
    {
        ValueHistogram histogram = new();
        histogram.Add(numbers);
        return histogram.Best();
    }

    private static double Error(float[] numbers, ValueRange range) => numbers.Average(number =>
        Math.Pow(number - (range.Scale * (Math.Clamp(MathF.Round(number / range.Scale) + range.ZeroPoint, 0, 255) - range.ZeroPoint)), 2));
}
