using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Quantization;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: a quantised UNet gives nearly what it gave, and is read, fused and steered as before.</summary>
public sealed class QuantizationTests
{
    /// <summary>The fixtures' weights are random and their attention is sharpened: every layer's rounding grows on its way, to 16 to 25 dB for all of 47 to 96 layers.</summary>
    [Theory]
    [MemberData(nameof(FixtureCase.Runnable), MemberType = typeof(FixtureCase))]
    public void AQuantisedGraphAgrees(string name)
    {
        FixtureCase fixture = new(name);
        QuantizedLayer[] layers = QuantizedUNet.Observed(fixture.Model, fixture.Timestep, fixture.Inputs(), fixture.Inputs(wide: true));
        OnnxModelFile quantized = UNetQuantization.Apply(fixture.Model, layers, "base");
        GraphChecker.Check(quantized);
        using TestSession plain = new(fixture.Model);
        using TestSession session = new(quantized);
        foreach (bool wide in new[] { false, true })
        {
            Dictionary<string, TestTensor> inputs = fixture.Inputs(wide);
            double ratio = QuantizedUNet.SignalToNoise(plain.Run(fixture.Timestep, inputs)[fixture.Output], session.Run(fixture.Timestep, inputs)[fixture.Output]);
            Assert.True(ratio is > 14 and < 60, $"{name}: {layers.Length} layers, {ratio:0.0} dB");
        }
    }

    /// <summary>Rows that share a call must not change each other: ranges are fixed.</summary>
    [Fact]
    public void ARowIsTheSameWhateverSharesItsCall()
    {
        FixtureCase fixture = new("legacy14-sdpa");
        using TestSession session = new(UNetQuantization.Apply(fixture.Model, QuantizedUNet.Observed(fixture.Model, fixture.Timestep, fixture.Inputs()), "base"));
        Dictionary<string, TestTensor> inputs = fixture.Inputs();
        TestTensor both = session.Run(fixture.Timestep, inputs)[fixture.Output];
        TestTensor one = session.Run(fixture.Timestep, inputs.ToDictionary(input => input.Key, input => input.Key == "guideline_embeddings" ? input.Value : input.Value.Rows(1, 1)))[fixture.Output];
        Assert.Equal(both.Rows(1, 1).Values, one.Values);
    }

    [Theory]
    [MemberData(nameof(FixtureCase.Runnable), MemberType = typeof(FixtureCase))]
    public void AQuantisedGraphIsReadAndSteered(string name)
    {
        FixtureCase fixture = new(name);
        OnnxModelFile quantized = UNetQuantization.Apply(fixture.Model, QuantizedUNet.Observed(fixture.Model, fixture.Timestep, fixture.Inputs()), "base");
        UNetAnalysis before = UNetInstrumentation.Analyze(fixture.Model), after = UNetInstrumentation.Analyze(quantized);
        Assert.Equal(before.CrossAttention.Select(Told), after.CrossAttention.Select(Told));
        Assert.Equal(before.SelfAttention.Select(Told), after.SelfAttention.Select(Told));
        Assert.Equal(before.CrossAttention.Select(layer => (layer.Key, layer.Value, layer.Output)), after.CrossAttention.Select(layer => (layer.Key, layer.Value, layer.Output)));
        OnnxModelFile instrumented = fixture.Instrumented(AttentionFeatures.All, quantized);
        using TestSession plain = new(quantized);
        using TestSession session = new(instrumented);
        Dictionary<string, TestTensor> neutral = fixture.Inputs();
        fixture.AssertClose(plain.Run(fixture.Timestep, neutral)[fixture.Output], session.Run(fixture.Timestep, neutral)[fixture.Output], fixture.NeutralTolerance);
        Dictionary<string, TestTensor> steered = session.Run(fixture.Timestep, fixture.Inputs(false, "token_scale", "inhibitor_scale", "guideline_embeddings", "inhibitor_hidden_states"));
        Assert.InRange(QuantizedUNet.SignalToNoise(fixture.Reference["out_sample_all"], steered[fixture.Output]), 12, 60);
        Assert.InRange(QuantizedUNet.SignalToNoise(fixture.Reference["detection_scores_all"], steered[AddedNames.DetectionScores]), 12, 60);
        Assert.InRange(QuantizedUNet.SignalToNoise(fixture.Reference["inhibitor_response_all"], steered[AddedNames.InhibitorResponse]), 12, 60);

        static (string, int, int, int, double) Told(AttentionLayer layer) => (layer.Name, layer.GridFactor, layer.Heads, layer.HeadWidth, layer.Scale);
    }

    [Theory]
    [InlineData("legacy14-merged")]
    [InlineData("legacy14-sdpa")]
    [InlineData("dynamo18")]
    [InlineData("attention23")]
    public void AQuantisedGraphIsFused(string name)
    {
        FixtureCase fixture = new(name);
        OnnxModelFile quantized = UNetQuantization.Apply(fixture.Model, QuantizedUNet.Observed(fixture.Model, fixture.Timestep, fixture.Inputs()), "base");
        OnnxModelFile fused = UNetFusion.FuseBySize(quantized, minPositions: 100);
        Assert.NotSame(quantized, fused);
        using TestSession plain = new(quantized);
        using TestSession session = new(fused);
        // A last bit may round the other way.
        double ratio = QuantizedUNet.SignalToNoise(plain.Run(fixture.Timestep, fixture.Inputs())[fixture.Output], session.Run(fixture.Timestep, fixture.Inputs())[fixture.Output]);
        Assert.True(ratio > 35, $"{ratio:0.0} dB");
    }

    /// <summary>External data: one new file with all that is beside the model; inside: nothing beside it.</summary>
    [Theory]
    [InlineData("legacy17-sdpa", true)]
    [InlineData("legacy14-sdpa", false)]
    public void TheFileIsTheSameEveryTimeAndHoldsAll(string name, bool external)
    {
        FixtureCase fixture = new(name);
        QuantizedLayer[] layers = QuantizedUNet.Observed(fixture.Model, fixture.Timestep, fixture.Inputs());
        string first = Directory.CreateTempSubdirectory("safediffusion-").FullName, second = Directory.CreateTempSubdirectory("safediffusion-").FullName;
        foreach (string folder in new[] { first, second }) UNetQuantization.Write(fixture.Model, fixture.Model, layers, "base", "tests", Path.Combine(folder, "model.onnx"));
        Assert.Equal(external ? ["model.int8.weights", "model.onnx"] : ["model.onnx"], Directory.EnumerateFiles(first).Select(Path.GetFileName).Order());
        foreach (string file in Directory.EnumerateFiles(first)) Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(second, Path.GetFileName(file))));
        OnnxModelFile written = OnnxModelFile.Load(Path.Combine(first, "model.onnx"));
        Assert.Equal(external ? ["model.int8.weights"] : [], written.ExternalDataFiles);
        QuantizationRecord record = UNetQuantization.RecordOf(written)!;
        Assert.Equal(("base", layers.Length, 0), (record.BaseModelHash, record.Layers, record.FloatLayers));
        Assert.Equal(WeightsHash.Compute([fixture.Model, written]), record.ModelHash);
        using TestSession inMemory = new(UNetQuantization.Apply(fixture.Model, layers, "base"));
        using TestSession onDisk = new(written);
        Assert.Equal(inMemory.Run(fixture.Timestep, fixture.Inputs())[fixture.Output].Values, onDisk.Run(fixture.Timestep, fixture.Inputs())[fixture.Output].Values);
        Directory.Delete(first, recursive: true);
        Directory.Delete(second, recursive: true);
    }
}
