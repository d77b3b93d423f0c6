using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>Formula layer: the page on metrics names all of them, and no other.</summary>
public sealed class MetricPageTests
{
    [Fact]
    public void EveryMetricIsDescribed() => Assert.Equal(
        Metric.All.Select(metric => metric.Name).Order(StringComparer.Ordinal),
        Page.TableNames(Page.Read("docs/evaluation-metrics.md").Section("Metrics")).Order(StringComparer.Ordinal));

    [Fact]
    public void AMetricIsFoundByItsName()
    {
        Assert.All(Metric.All, metric => Assert.Same(metric, Metric.Find(metric.Name)));
        Assert.Null(Metric.Find("beauty"));
    }
}
