using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Quantization;

/// <summary>A node that can run in whole numbers, with what is stored behind it.</summary>
/// <param name="Layer">What is told of it.</param>
/// <param name="Node">The Conv, MatMul or Gemm.</param>
/// <param name="Weight">The stored weight.</param>
/// <param name="Bias">The stored bias: a convolution's or Gemm's own, or that of the one Add that follows a MatMul; null where there is none.</param>
/// <param name="BiasNode">That Add; null where the bias is the node's own.</param>
internal sealed record WeightedNode(QuantizableLayer Layer, NodeProto Node, WeightSource Weight, TensorProto? Bias, NodeProto? BiasNode)
{
    public bool IsConvolution => Layer.Role == LayerRole.Convolution;

    /// <summary>The value that others read.</summary>
    public string Output => (BiasNode ?? Node).Output[0];
}
