using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>A linear map of hidden states or text states: a MatMul or Gemm with a constant weight, and the Add of a bias that may follow.</summary>
/// <param name="Node">The MatMul or Gemm.</param>
/// <param name="BiasNode">The Add of a bias, where there is one.</param>
/// <param name="Source">The value that is projected.</param>
/// <param name="Weight">The weight's value.</param>
/// <param name="Bias">The bias's value.</param>
/// <param name="Output">The projected value, with the bias.</param>
/// <param name="FromText">Whether text states are projected.</param>
/// <param name="Layout">The projected value's layout: batch, positions, columns.</param>
internal sealed record Projection(
    NodeProto Node, NodeProto? BiasNode, string Source, string Weight, string? Bias, string Output, bool FromText, Layout Layout)
{
    public long Columns => Layout.Size(Layout[^1]);

    public long Positions => Layout.Atoms.Where(atom => atom.Kind == AxisKind.Position).Aggregate(1L, (count, atom) => count * atom.Size);
}
