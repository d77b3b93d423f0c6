using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using Dimension = SafeDiffusion.Instrumentation.Onnx.TensorShapeProto.Types.Dimension;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: sizes that inputs leave open are read from the weights, and a way that is lost is blamed on what loses it.</summary>
public sealed class OpenSizesTests
{
    [Theory]
    [InlineData(Writing.Plain, "hidden")]
    [InlineData(Writing.Plain, "")]
    [InlineData(Writing.GemmTransposedWeight, "hidden")]
    [InlineData(Writing.GemmOnFlatRows, "hidden")]
    [InlineData(Writing.MultiHeadWithBias, "hidden")]
    public void An_open_text_width_is_the_key_projections(Writing writing, string name)
    {
        OnnxModelFile model = new MiniUNet(writing).Build();
        Open(model, "encoder_hidden_states", 2, name);
        Assert.Equal(MiniUNet.TextWidth, UNetInstrumentation.Analyze(model).TextWidth);
        Assert.Equal(MiniUNet.TextWidth, NetworkSizes.TextWidth(model));
        OnnxModelFile edited = UNetInstrumentation.Instrument(model, AttentionFeatures.Detect, LayerSelection.All);
        Assert.Equal(MiniUNet.TextWidth, edited.Inputs.Single(input => input.Name == AddedNames.GuidelineEmbeddings).Dimensions![1].Size);
    }

    [Fact]
    public void Projections_of_several_widths_are_named()
    {
        OnnxModelFile model = new MiniUNet(Writing.Plain).Build();
        Open(model, "encoder_hidden_states", 2, "hidden");
        NodeProto key = model.Proto.Graph.Node.First(node => node.OpType == "MatMul" && node.Input[0] == "encoder_hidden_states");
        model.Proto.Graph.Initializer.Single(tensor => tensor.Name == key.Input[1]).Dims[0]++;
        string message = Assert.Throws<GraphNotUnderstoodException>(() => UNetInstrumentation.Analyze(model)).Message;
        Assert.Contains("leaves the width open, and weights of 7 and 6 rows", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_width_that_the_weights_do_not_fit_is_blamed()
    {
        OnnxModelFile model = new MiniUNet(Writing.Plain).Build();
        model.Proto.Graph.Input.Single(input => input.Name == "encoder_hidden_states").Type.TensorType.Shape.Dim[2].DimValue = 768;
        string message = Assert.Throws<GraphNotUnderstoodException>(() => UNetInstrumentation.Analyze(model)).Message;
        Assert.Contains("MatMul multiplies text states of width 768 with a weight of 6 rows", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_of_the_model_is_blamed()
    {
        OnnxModelFile model = new MiniUNet(Writing.Plain).Build();
        NodeProto key = model.Proto.Graph.Node.First(node => node.OpType == "MatMul" && node.Input[0] == "encoder_hidden_states");
        (key.OpType, key.Domain) = ("Linear", "pkg.torch");
        model.Proto.Functions.Add(new FunctionProto { Name = "Linear", Domain = "pkg.torch" });
        GraphNotUnderstoodException error = Assert.Throws<GraphNotUnderstoodException>(() => UNetInstrumentation.Analyze(model));
        Assert.Equal(key.Label(), error.Node);
        Assert.Contains("pkg.torch.Linear, a function that the model defines itself", error.Message, StringComparison.Ordinal);
        Assert.Contains("inline", error.Expected, StringComparison.Ordinal);
        model.Proto.Functions.Clear();
        Assert.Contains("the domain 'pkg.torch'", Assert.Throws<GraphNotUnderstoodException>(() => UNetInstrumentation.Analyze(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Heads_that_do_not_fit_are_blamed()
    {
        OnnxModelFile model = new MiniUNet(Writing.MultiHeadWithBias).Build();
        NodeProto attention = model.Proto.Graph.Node.Single(node => node.OpType == "MultiHeadAttention");
        attention.Attribute.Single(attribute => attribute.Name == "num_heads").I = 0;
        GraphNotUnderstoodException error = Assert.Throws<GraphNotUnderstoodException>(() => UNetInstrumentation.Analyze(model));
        Assert.Equal(attention.Label(), error.Node);
        Assert.Contains("num_heads 0", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bid,bjd->bix")]
    [InlineData("bid->bij")]
    [InlineData("->")]
    public void An_equation_with_labels_of_its_own_is_an_error_of_ours(string equation)
    {
        OnnxModelFile model = new MiniUNet(Writing.Plain).Build();
        NodeProto product = model.Proto.Graph.Node.First(node => node.OpType == "MatMul");
        product.OpType = "Einsum";
        product.Attribute.Add(Attributes.Of("equation", equation));
        Assert.ThrowsAny<SafeDiffusionException>(() => UNetInstrumentation.Analyze(model));
    }

    [Fact]
    public void Open_channels_are_the_first_convolutions()
    {
        OnnxModelFile model = OnnxModelFile.Load(GraphFixtures.Model("legacy17-sdpa"));
        Assert.Null(model.Inputs[0].Dimensions![1].Size);
        Assert.Equal(4, NetworkSizes.Channels(model, "sample"));
        Assert.Null(NetworkSizes.Channels(new MiniUNet(Writing.Plain).Build(), "sample"));
    }

    [Fact]
    public void Nodes_for_cuda_alone_are_named()
    {
        OnnxModelFile model = OnnxModelFile.Load(GraphFixtures.Model("fused-packed"));
        Assert.Contains(model.WithoutCpuKernel, nodes => nodes is { Operator: "com.microsoft.MultiHeadAttention with packed keys and values", Count: > 0, First.Length: > 0 });
        Assert.Empty(OnnxModelFile.Load(GraphFixtures.Model("fused-mha")).WithoutCpuKernel);
    }

    private static void Open(OnnxModelFile model, string input, int axis, string name) =>
        model.Proto.Graph.Input.Single(value => value.Name == input).Type.TensorType.Shape.Dim[axis] = name.Length == 0 ? new Dimension() : new Dimension { DimParam = name };
}
