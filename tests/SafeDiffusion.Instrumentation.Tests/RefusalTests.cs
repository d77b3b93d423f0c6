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
}
