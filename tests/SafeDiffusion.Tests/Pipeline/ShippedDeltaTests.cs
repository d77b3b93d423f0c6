using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.FineTuned;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: the deltas that ship with the shapes model.</summary>
[Collection(ShapesModelGroup.Name)]
public sealed class ShippedDeltaTests(ShapesModel model)
{
    [Theory]
    [InlineData("red-triangle-esd")]
    [InlineData("red-triangle-sce")]
    [InlineData("red-triangle-trce-2")]
    [InlineData("red-triangle-trce-both")]
    public async Task AreForTheShapesModelAndFitItsUNet(string name)
    {
        WeightDelta delta = WeightDelta.Load(Path.Combine(Fixture.ShapesModel, "assets", $"{name}.delta.safetensors"));
        Assert.Equal(await model.Pipeline.GetWeightsHashAsync(), delta.Identity.BaseModelHash);
        Assert.Equal("a red triangle", delta.Identity.Concept);
        Assert.InRange(delta.Error!.Value, 0, 1e-3);
        IReadOnlyDictionary<string, OnnxTensor> initializers = new OnnxGraph(OnnxModelFile.Load(Path.Combine(Fixture.ShapesModel, "unet", "model.onnx"))).Initializers;
        Assert.All(delta.Weights, pair => Assert.Equal(initializers[pair.Key[..^WeightDelta.DifferenceSuffix.Length]].Shape.AsEnumerable(), pair.Value.Shape));
    }
}
