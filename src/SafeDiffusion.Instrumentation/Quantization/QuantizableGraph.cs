using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;

namespace SafeDiffusion.Instrumentation.Quantization;

/// <summary>What is known of a graph that is to be quantised.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Facts">Types and shapes of its values.</param>
/// <param name="Input">The input of the latents.</param>
/// <param name="SelfAttention">Its self-attention layers, where they are known.</param>
/// <param name="CrossAttention">Its cross-attention layers.</param>
internal sealed record QuantizableGraph(
    GraphIndex Graph, Dictionary<string, Facts> Facts, string Input, IReadOnlyList<AttentionLayer> SelfAttention, IReadOnlyList<AttentionLayer> CrossAttention)
{
    public static QuantizableGraph OfUNet(OnnxModelFile model)
    {
        UNetAnalysis analysis = UNetAnalyzer.Analyze(model);
        return new(analysis.Graph, analysis.Facts, analysis.SampleInput, analysis.SelfAttention, analysis.CrossAttention);
    }

    /// <summary>A network with the latents as its one input; its attention is products like others.</summary>
    /// <exception cref="GraphNotUnderstoodException">It has other inputs.</exception>
    public static QuantizableGraph OfDecoder(OnnxModelFile model)
    {
        if (model.Inputs is not [{ Dimensions: null or { Count: 4 } } input])
            throw new GraphNotUnderstoodException(model.Path, "", "latent_sample", "latents [batch, channels, height, width] as the one input", $"its inputs are: {string.Join("; ", model.Inputs)}");
        GraphIndex graph = new(model.Path, model.Proto);
        return new(graph, ShapeInference.Run(graph, new UNetInputs(input.Name, ""), Probe.All[0]), input.Name, [], []);
    }
}
