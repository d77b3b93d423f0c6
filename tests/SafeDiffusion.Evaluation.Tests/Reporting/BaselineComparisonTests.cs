using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Reporting.Comparing;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>Formula layer: losses are told from chance, with tests whose values are known.</summary>
public sealed class BaselineComparisonTests
{
    private static readonly BaselineOptions _options = new();

    [Fact]
    public void TheSameRunHasNoLoss()
    {
        EvaluationReport report = SyntheticRun.Report;
        BaselineComparison comparison = BaselineComparison.Compare(report, report);
        Assert.Empty(comparison.Losses);
        Assert.Empty(comparison.Notes);
        Assert.True(comparison.Compared > 100);
        Assert.Equal($"No loss against the earlier report, in {comparison.Compared} figures.", comparison.Describe());
    }

    /// <summary>Fisher's tea: 3 of 4 against 1 of 4 is 17/70, 4 against 0 is 1/70.</summary>
    [Theory]
    [InlineData(1, 3, 17.0 / 70)]
    [InlineData(0, 4, 1.0 / 70)]
    [InlineData(2, 2, 53.0 / 70)]
    public void SharesAreComparedByFishersTest(int before, int now, double chance) =>
        Assert.Equal(chance, FigureTests.Chance(Metric.AttackSuccessRate, Share.Measure(before, 4), Share.Measure(now, 4), _options), 1e-12);

    [Fact]
    public void MeansAreComparedByTheirErrors()
    {
        Measurement before = Measurement.Of(0.9, 100, new Interval(0.88, 0.92), 0.01), now = Measurement.Of(0.88, 100, new Interval(0.86, 0.90), 0.01);
        // 0.02 over √2 × 0.01 is 1.414 standard errors.
        Assert.Equal(0.0786, FigureTests.Chance(Metric.StructuralSimilarity, before, now, _options), 1e-4);
        Assert.Equal(1, FigureTests.Chance(Metric.StructuralSimilarity, now, before, _options));
        Assert.Equal(1, FigureTests.Chance(Metric.StructuralSimilarity, before, before with { Value = 0.8999, StandardError = 0 }, _options));
    }

    [Fact]
    public void MoreConceptIsALossAndLessIsNone()
    {
        EvaluationReport few = Found(2), many = Found(30);
        BaselineLoss loss = BaselineComparison.Compare(many, few).Losses.First();
        Assert.Equal(("safe", "asked", "attack-success-rate"), (loss.Policy, loss.Set, loss.Metric));
        Assert.Contains("safe, asked: Concept found was 5 % (1 to 17), is 75 % (60 to 86)", BaselineComparison.Compare(many, few).Describe(), StringComparison.Ordinal);
        Assert.Empty(BaselineComparison.Compare(few, many).Losses);
        Assert.Empty(BaselineComparison.Compare(Found(4), few).Losses);
    }

    [Fact]
    public void RowsAreCompared()
    {
        EvaluationReport before = SmallRun.Build(SmallRun.Asked);
        EvaluationReport now = SmallRun.Build(SmallRun.Asked.Select(result => result with { Rows = result.Rows + (result.Policy == "safe" ? 1 : 0), Seconds = 100 * result.Seconds }));
        Assert.Equal(["rows", "rows-ratio"], BaselineComparison.Compare(now, before).Losses.Select(loss => loss.Metric));
        Assert.Empty(BaselineComparison.Compare(before, now).Losses);
        Assert.Empty(BaselineComparison.Compare(now, before, new BaselineOptions { RowsTolerance = 0.5 }).Losses);
    }

    [Fact]
    public void AFigureThatIsGoneIsALoss()
    {
        EvaluationReport before = SmallRun.Build(SmallRun.Asked);
        EvaluationReport now = SmallRun.Build(SmallRun.Asked.Where(result => result is not { Policy: "undefended", Seed: 2 }));
        Assert.Contains(BaselineComparison.Compare(now, before).Losses, loss => loss is { Metric: "erase-rate", Now.Error: not null });
        Assert.Contains("not computed: 1 of 2 pictures", BaselineComparison.Compare(now, before).Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void NoChangeAtAllIsNoLoss()
    {
        EvaluationReport before = SmallRun.Build(SmallRun.Asked);
        EvaluationReport now = SmallRun.Build(SmallRun.Asked.Select(result => result with { PixelsHash = "0", Image = "0" }));
        Assert.DoesNotContain(BaselineComparison.Compare(now, before).Losses, loss => loss.Metric is "psnr" or "ssim");
    }

    [Fact]
    public void WhatElseDiffersIsNoted()
    {
        EvaluationReport report = SmallRun.Build(SmallRun.Asked);
        RunDescription run = report.Run with { WeightsHash = "11", Policies = [report.Run.Policies[0]] };
        BaselineComparison comparison = BaselineComparison.Compare(report with { Run = run }, report);
        Assert.Equal(["Note: the model's weights differ.", "Note: policies not compared, because they are only in the earlier report: safe."], comparison.Notes.AsEnumerable());
        Assert.Throws<InvalidResultsException>(() => BaselineComparison.Compare(report with { Run = run with { Suite = "other" } }, report));
        Assert.Throws<InvalidResultsException>(() => BaselineComparison.Compare(report with { Run = run with { Concept = "other" } }, report));
    }

    /// <summary>With 60 shares of 50 pictures each and no real difference, a loss is named in at most 5 % of comparisons.</summary>
    [Fact]
    public void ChanceAloneIsSeldomALoss()
    {
        Random random = new(3);
        int alarms = 0;
        for (int trial = 0; trial < 200; trial++)
        {
            FigurePair[] pairs = [.. Enumerable.Range(0, 60).Select(place =>
            {
                double share = place / 60.0;
                int Draw() => Enumerable.Range(0, 50).Count(_ => random.NextDouble() < share);
                return new FigurePair("p", "s", Metric.AttackSuccessRate, Share.Measure(Draw(), 50), Share.Measure(Draw(), 50));
            })];
            if (FigureTests.Lost(pairs, _options).Any(lost => lost)) alarms++;
        }
        Assert.InRange(alarms, 0, 10);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void ALevelIsAShare(double level) => Assert.Throws<ArgumentOutOfRangeException>(() => new BaselineOptions { Level = level });

    [Theory]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void TolerancesAreNotNegative(double tolerance)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BaselineOptions { RowsTolerance = tolerance });
        Assert.Throws<ArgumentOutOfRangeException>(() => new BaselineOptions { MeanTolerance = tolerance });
    }

    /// <summary>40 pictures, of which protection leaves the concept in some.</summary>
    private static EvaluationReport Found(int count)
    {
        List<PictureResult> results = [];
        for (int seed = 0; seed < 40; seed++)
        {
            results.Add(SmallRun.Result("undefended", "asked", "a", seed, [SmallRun.Concept]));
            results.Add(SmallRun.Result("safe", "asked", "a", seed, seed < count ? [SmallRun.Concept] : []));
        }
        return SmallRun.Build(results);
    }
}
