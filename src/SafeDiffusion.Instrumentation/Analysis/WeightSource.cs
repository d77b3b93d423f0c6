using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;

namespace SafeDiffusion.Instrumentation.Analysis;

/// <summary>Where a projection's weight comes from.</summary>
/// <param name="Value">The name of the initializer, or of a Constant's value; of whatever computes the weight where it is neither.</param>
/// <param name="Tensor">What is stored; null where the weight is computed otherwise.</param>
/// <param name="IsTransposed">Whether it is stored <c>[out, in]</c>.</param>
/// <param name="Way">The nodes between it and the projection (Transpose, Cast, Identity; a Constant itself), the nearest to the projection first.</param>
internal sealed record WeightSource(string Value, TensorProto? Tensor, bool IsTransposed, IReadOnlyList<NodeProto> Way)
{
    /// <summary>Walks a weight back over Transpose, Cast and the like to what is stored.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="facts">What is known of its values.</param>
    /// <param name="projection">The MatMul or Gemm.</param>
    /// <param name="weight">The weight's value as the node uses it.</param>
    public static WeightSource Of(GraphIndex graph, Dictionary<string, Facts> facts, NodeProto projection, string weight)
    {
        bool transposed = projection.Int("transB", 0) != 0;
        List<NodeProto> way = [];
        while (graph.Initializer(weight) is null)
        {
            if (graph.Producer(weight) is not { } node) return new(weight, null, transposed, way);
            if (node.Operator() == "Constant") return new(weight, node.Find("value")?.T, transposed, [.. way, node]);
            if (!IsPassed(node)) return new(weight, null, transposed, way);
            if (Turns(node, facts.GetValueOrDefault(weight)?.Rank)) transposed = !transposed;
            way.Add(node);
            weight = node.InputAt(0);
        }
        return new(weight, graph.Initializer(weight), transposed, way);
    }

    /// <summary>Whether a node hands a weight on, with the same elements.</summary>
    public static bool IsPassed(NodeProto node) => node.Operator() is "Transpose" or "Cast" or "Identity";

    private static bool Turns(NodeProto node, int? rank) => node.OpType == "Transpose" && rank == 2 && node.Ints("perm") is not [0, 1];
}
