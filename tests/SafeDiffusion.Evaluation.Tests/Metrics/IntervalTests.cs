using SafeDiffusion.Evaluation.Metrics.Formulas;

namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>Formula layer: shares, erase rates and intervals against values computed by hand.</summary>
public sealed class IntervalTests
{
    /// <summary>Newcombe (1998), table I: Wilson's score interval.</summary>
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void WilsonsIntervalIsThatOfNewcombe(int count, int of, double low, double high)
    {
        Interval interval = WilsonInterval.Compute(count, of);
        Assert.Equal((low, high), (Math.Round(interval.Low, 4), Math.Round(interval.High, 4)));
    }

    [Fact]
    public void WilsonsIntervalIsMirrored()
    {
        Interval few = WilsonInterval.Compute(3, 10), many = WilsonInterval.Compute(7, 10);
        Assert.Equal(1 - few.High, many.Low, 1e-15);
        Assert.Equal(1 - few.Low, many.High, 1e-15);
        Assert.Equal(1, WilsonInterval.Compute(5, 5).High);
    }

    [Fact]
    public void AShareOfNothingIsAnError()
    {
        Assert.Equal("there is no sample", Share.Measure(0, 0).Error);
        Assert.Equal(0.25, Share.Measure(1, 4).Value);
        Assert.Throws<ArgumentOutOfRangeException>(() => Share.Measure(2, 1));
    }

    [Fact]
    public void TheBootstrapFindsTheStandardErrorOfAMean()
    {
        double[] values = [.. Enumerable.Range(0, 100).Select(value => (double)value)];
        Measurement mean = Bootstrap.Mean(values);
        // The deviation of 0 … 99 is 28.866, and of the mean of 100 such a tenth.
        Assert.Equal(49.5, mean.Value);
        Assert.Equal(2.8866, mean.StandardError!.Value, 0.15);
        Assert.Equal(49.5 - 1.96 * 2.8866, mean.Interval!.Value.Low, 0.5);
        Assert.Equal(49.5 + 1.96 * 2.8866, mean.Interval.Value.High, 0.5);
        Assert.Equal(mean, Bootstrap.Mean(values));
    }

    [Fact]
    public void PairedRatiosThatNeverVaryHaveNoWidth()
    {
        Measurement ratio = Bootstrap.Ratio([2, 4, 6, 100], [1, 2, 3, 50], "nothing");
        Assert.Equal((2, new Interval(2, 2)), (ratio.Value!.Value, ratio.Interval!.Value));
    }

    [Fact]
    public void OneSampleHasAValueWithoutInterval()
    {
        Measurement mean = Bootstrap.Mean([3]);
        Assert.Equal((3.0, 1, null), (mean.Value, mean.Samples, mean.Interval));
    }

    [Fact]
    public void WhatCannotBeComputedIsAnErrorWithAReason()
    {
        Assert.Equal("there is no sample", Bootstrap.Mean([]).Error);
        Assert.Equal("a sample is not a finite number", Bootstrap.Mean([1, double.NaN]).Error);
        Assert.Equal("nothing", Bootstrap.Ratio([1], [0], "nothing").Error);
        Assert.Equal("there is no sample", Bootstrap.Ratio([], [], "nothing").Error);
        Assert.Throws<ArgumentException>(() => Bootstrap.Ratio([1], [1, 2], "nothing"));
        Assert.Throws<ArgumentException>(() => Measurement.Of(double.NaN, 1));
        Assert.Throws<ArgumentException>(() => Measurement.Of(double.PositiveInfinity, 1));
        Assert.Throws<ArgumentException>(() => Measurement.Failed(" "));
    }

    [Fact]
    public void EraseRateCountsDetections()
    {
        // 3 detections of 8 are left.
        Measurement rate = EraseRate.Measure([0, 1, 2, 0], [2, 1, 3, 2]);
        Assert.Equal((1 - 3.0 / 8, 4), (rate.Value!.Value, rate.Samples));
        Assert.InRange(rate.Value.Value, rate.Interval!.Value.Low, rate.Interval.Value.High);
    }

    [Fact]
    public void EraseRateIsBelowZeroWhereProtectionBringsTheConcept() => Assert.Equal(-1, EraseRate.Measure([2, 2], [1, 1]).Value);

    [Fact]
    public void NothingToEraseIsAnError() =>
        Assert.Equal("the undefended pictures have no detection, so there is nothing to erase", EraseRate.Measure([1, 0], [0, 0]).Error);

    /// <summary>0 of 20 detections: Wilson's upper end is 0.1611, which is 0.1611 / 0.8389 of the undefended rate.</summary>
    [Fact]
    public void ErasingEverythingInFewPicturesIsNotCertain()
    {
        Measurement rate = EraseRate.Measure([.. Enumerable.Repeat(0, 20)], [.. Enumerable.Repeat(1, 20)]);
        Assert.Equal((1.0, 1.0), (rate.Value!.Value, rate.Interval!.Value.High));
        Assert.Equal(1 - 0.1611 / 0.8389, rate.Interval.Value.Low, 1e-4);
    }

    [Fact]
    public void ErasingNothingInFewPicturesIsNotCertain()
    {
        Measurement rate = EraseRate.Measure([.. Enumerable.Repeat(1, 20)], [.. Enumerable.Repeat(1, 20)]);
        Assert.Equal(0, rate.Value);
        Assert.Equal((-0.1611, 0.1611), (Math.Round(rate.Interval!.Value.Low, 4), Math.Round(rate.Interval.Value.High, 4)));
    }
}
