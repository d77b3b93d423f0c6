using SafeDiffusion.Instrumentation.Quantization;

namespace SafeDiffusion.Quantizing;

/// <summary>Formula layer: which layers stay float.</summary>
public sealed class LayerChoiceTests
{
    private static readonly QuantizableLayer[] _layers = [Layer("dear and small", 10), Layer("dear and large", 1000), Layer("cheap", 100)];
    private static readonly Dictionary<string, double> _noise = new() { ["dear and small"] = 0.004, ["dear and large"] = 0.005, ["cheap"] = 0.0001 };

    [Theory]
    [InlineData(0.01, 3)]
    [InlineData(0.0095, 3)]
    [InlineData(0.006, 2)]
    [InlineData(0.0002, 1)]
    [InlineData(0.00001, 0)]
    public void ThoseThatCostMostForTheirWorkGoFirst(double budget, int quantized)
    {
        HashSet<string> chosen = LayerChoice.Within(_layers, _noise, budget);
        Assert.Equal(quantized, chosen.Count);
        Assert.Equal(quantized == 3, chosen.Contains("dear and small"));
        Assert.Equal(quantized >= 1, chosen.Contains("cheap"));
    }

    private static QuantizableLayer Layer(string name, long work) => new(name, name, LayerRole.Convolution, "x", true, work, work);
}
