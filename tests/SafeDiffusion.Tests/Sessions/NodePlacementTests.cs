using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Sessions;

/// <summary>Graph layer: where a session has put its nodes, read through ONNX Runtime's C interface.</summary>
public sealed class NodePlacementTests
{
    [Fact]
    public void EveryNodeOfASessionForTheProcessorIsOnTheProcessor()
    {
        using SessionOptions options = new ProviderSettings(ExecutionProvider.Cpu, null).CreateOptions();
        using InferenceSession session = new(Path.Combine(Fixture.ShapesModel, "unet", "model.onnx"), options);
        IReadOnlyList<NodePlacement.PlacedNode> nodes = NodePlacement.Of(session);
        Assert.All(nodes, node => Assert.Equal("CPUExecutionProvider", node.Provider));
        Assert.Equal(49, nodes.Count(node => node.Operator == "Conv"));
        Assert.Contains(nodes, node => node.Name.EndsWith("conv_in/Conv", StringComparison.Ordinal));
    }

    [Fact]
    public void ASessionThatWasNotToRememberSaysSo()
    {
        using InferenceSession session = new(Path.Combine(Fixture.ShapesModel, "vae_decoder", "model.onnx"));
        Assert.Contains(NodePlacement.ConfigKey, Assert.Throws<InvalidOperationException>(() => NodePlacement.Of(session)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ShapesMayBeCalculatedOnTheProcessorAndNothingElse()
    {
        NodePlacement.PlacedNode[] nodes =
        [
            new("CUDAExecutionProvider", "Conv", "a"), new("CPUExecutionProvider", "Shape", "b"), new("CPUExecutionProvider", "Gather", "c"),
            new("CPUExecutionProvider", "MatMul", "d"), new("CPUExecutionProvider", "ATen", "e"),
        ];
        Assert.Equal(["d", "e"], UnaskedProcessorNodes.Among(nodes).Select(node => node.Name));
    }
}
