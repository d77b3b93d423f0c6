using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: models that are not understood are refused, with the place and what was expected there.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("sigmoid-for-softmax", "Softmax_520", "no Softmax does")]
    [InlineData("softmax-over-pixels", "Softmax_520", "axis -2")]
    [InlineData("key-used-elsewhere", "MatMul_470", "by another way than cross-attention")]
    [InlineData("no-text-input", "", "no input encoder_hidden_states; its inputs are: sample")]
    public void A_graph_that_is_not_understood_is_refused(string name, string node, string reason)
    {
        OnnxModelFile model = OnnxModelFile.Load(GraphFixtures.Negative(name));
        GraphNotUnderstoodException error = Assert.Throws<GraphNotUnderstoodException>(() => UNetInstrumentation.Instrument(model, AttentionFeatures.All));
        Assert.Equal(node, error.Node);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains(node, error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Expected);
    }

    [Fact]
    public void A_mask_that_is_not_zero_is_refused()
    {
        OnnxModelFile model = new MiniUNet(Writing.ZeroMask).Build();
        NodeProto zeros = model.Proto.Graph.Node.Single(node => node.OpType == "ConstantOfShape");
        NodeProto product = model.Proto.Graph.Node.Single(node => node.OpType == "Mul" && node.Input.Contains(zeros.Output[0]));
        TensorProto one = new() { DataType = (int)OnnxElementType.Float32 };
        one.Dims.Add(1);
        one.FloatData.Add(1);
        zeros.Attribute.Add(Attributes.Of("value", one));
        product.Input[1] = zeros.Output[0];
        Assert.Contains("a mask is added to the scores", Refused(model).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Causal_attention_is_refused()
    {
        OnnxModelFile model = new MiniUNet(Writing.OperatorFourDimensions).Build();
        NodeProto attention = model.Proto.Graph.Node.Single(node => node.OpType == "Attention");
        attention.Attribute.Add(Attributes.Of("is_causal", 1));
        Assert.Equal(attention.Name, Refused(model).Node);
    }

    [Fact]
    public void Text_that_goes_another_way_is_refused()
    {
        OnnxModelFile model = new MiniUNet(Writing.Plain).Build();
        NodeProto mean = new() { OpType = "ReduceMean", Name = "mean" };
        mean.Input.Add("encoder_hidden_states");
        mean.Output.Add("text_mean");
        NodeProto sum = new() { OpType = "Add", Name = "sum" };
        NodeProto last = model.Proto.Graph.Node.Single(node => node.Name == "last");
        sum.Input.Add([last.Input[0], "text_mean"]);
        sum.Output.Add("summed");
        last.Input[0] = "summed";
        model.Proto.Graph.Node.Insert(0, mean);
        model.Proto.Graph.Node.Insert(model.NodeCount - 1, sum);
        Assert.Equal("mean", Refused(model).Node);
    }

    [Fact]
    public void A_graph_that_uses_our_names_is_refused()
    {
        OnnxModelFile model = new MiniUNet(Writing.Plain).Build();
        model.Proto.Graph.Output[0].Name = "detection_scores";
        model.Proto.Graph.Node.Single(node => node.Name == "last").Output[0] = "detection_scores";
        Assert.Equal("detection_scores", Refused(model).Value);
    }

    [Fact]
    public void Asking_for_nothing_is_an_error() =>
        Assert.Throws<ArgumentException>(() => UNetInstrumentation.Instrument(new MiniUNet(Writing.Plain).Build(), AttentionFeatures.None));

    private static GraphNotUnderstoodException Refused(OnnxModelFile model) =>
        Assert.Throws<GraphNotUnderstoodException>(() => UNetInstrumentation.Instrument(model, AttentionFeatures.All, LayerSelection.All));
}
