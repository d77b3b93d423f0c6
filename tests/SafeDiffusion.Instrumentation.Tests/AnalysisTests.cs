using System.Text.Json;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: what analysis tells of the fixtures, against what their makers say.</summary>
public sealed class AnalysisTests
{
    [Theory]
    [MemberData(nameof(FixtureCase.Runnable), MemberType = typeof(FixtureCase))]
    [InlineData("fused-packed")]
    public void Layers_are_those_of_the_exported_model(string name)
    {
        UNetAnalysis analysis = UNetInstrumentation.Analyze(OnnxModelFile.Load(GraphFixtures.Model(name)));
        using JsonDocument about = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GraphFixtures.Root, name, "about.json")));
        JsonElement[] layers = [.. about.RootElement.GetProperty("layers").EnumerateArray()];
        Assert.Equal(layers.Select(layer => layer.GetProperty("name").GetString()), analysis.CrossAttention.Select(layer => layer.Name));
        Assert.Equal(layers.Select(layer => layer.GetProperty("factor").GetInt32()), analysis.CrossAttention.Select(layer => layer.GridFactor));
        Assert.Equal(layers.Select(layer => layer.GetProperty("heads").GetInt32()), analysis.CrossAttention.Select(layer => layer.Heads));
        Assert.Equal(layers.Select(layer => layer.GetProperty("head_width").GetInt32()), analysis.CrossAttention.Select(layer => layer.HeadWidth));
        Assert.Equal(layers.Length, analysis.SelfAttention.Count);
        Assert.Equal(about.RootElement.GetProperty("text_width").GetInt32(), analysis.TextWidth);
        Assert.Equal(about.RootElement.GetProperty("runnable_on_ort_cpu").GetBoolean(), analysis.RunsOnCpu);
        Assert.All(analysis.CrossAttention, layer =>
        {
            Assert.Equal(1 / Math.Sqrt(layer.HeadWidth), layer.Scale, 3);
            Assert.NotNull(layer.Output?.Initializer);
            Assert.NotNull(layer.Key.Initializer);
        });
    }

    [Fact]
    public void The_shapes_model_is_understood()
    {
        OnnxModelFile model = OnnxModelFile.Load(Path.Combine(GraphFixtures.Root, "..", "..", "..", "models", "shapes", "unet", "model.onnx"));
        UNetAnalysis analysis = UNetInstrumentation.Analyze(model);
        Assert.NotEmpty(analysis.CrossAttention);
        Assert.NotEmpty(UNetInstrumentation.RecordOf(UNetInstrumentation.Instrument(model, AttentionFeatures.All))!.DetectionLayers);
    }
}
