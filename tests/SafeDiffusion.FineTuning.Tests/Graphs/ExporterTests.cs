using SafeDiffusion.FineTuning.Graphs.Operators;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs;

/// <summary>Model layer: networks of every kind and exporter give what ONNX Runtime gives.</summary>
public sealed class ExporterTests
{
    public static TheoryData<string> Networks =>
    [
        .. ((string[])["attention23", "dynamo18", "fp16-io16", "fp16-io32", "fp16-upcast", "fused-mha", "legacy14-merged", "legacy14-sdpa", "legacy17-sdpa", "optimum", "sd2-linear"])
            .Select(name => $"tests/Fixtures/graphs/{name}/unet/model.onnx"),
        .. ((string[])["unet", "text_encoder", "vae_decoder", "vae_encoder"]).Select(name => $"models/shapes/{name}/model.onnx"),
    ];

    [Theory, MemberData(nameof(Networks))]
    public void ANetworkGivesWhatOnnxRuntimeGives(string path)
    {
        OnnxModelFile model = OnnxModelFile.Load(Path.Combine(Fixture.Root, path));
        using TorchGraph graph = new(model);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable tapeless = no_grad();
        using RuntimeReference reference = new(model);
        for (int run = 0; run < 2; run++)
        {
            Dictionary<string, Tensor> inputs = reference.MakeInputs(run);
            IReadOnlyDictionary<string, Tensor> outputs = graph.Run(inputs);
            foreach ((string name, Tensor wanted) in reference.Run(inputs))
            {
                double tolerance = model.HoldsHalfPrecision ? 2e-2 : 1e-4;
                double error = Tensors.Error(wanted, outputs[name]);
                Assert.True(error < tolerance, $"{name} differs by {error}");
            }
        }
    }

    [Fact]
    public void AnOperatorThatNobodyKnowsIsRefusedByNodeAndName()
    {
        OnnxModelFile model = OnnxModelFile.Load(Fixture.Locate("graphs", "fused-packed", "unet", "model.onnx"));
        UnsupportedGraphException error = Assert.Throws<UnsupportedGraphException>(() => new TorchGraph(model));
        Assert.Equal("NhwcConv_0-/unet/conv_in/Conv", error.Node);
        Assert.Contains("com.microsoft.NhwcConv", error.Message, StringComparison.Ordinal);
    }
}
