namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>Nodes of one operator that an execution provider has no kernel for.</summary>
/// <param name="Operator">The operator, with its domain where that is not ONNX's own.</param>
/// <param name="Count">How many nodes of it the graph has.</param>
/// <param name="First">The first such node.</param>
public sealed record NodesWithoutKernel(string Operator, int Count, string First)
{
    /// <summary><c>com.microsoft.NhwcConv (98 nodes, the first 'conv_in')</c>.</summary>
    public override string ToString() => $"{Operator} ({Count} node{(Count == 1 ? "" : "s")}, the first '{First}')";
}

/// <summary>Knows which fused operators ONNX Runtime has for CUDA only; its transformer tool and Olive write them.</summary>
internal static class CpuKernels
{
    /// <summary>The operators that have no CPU kernel in any form.</summary>
    public static readonly string[] CudaOnly =
    [
        "com.microsoft.GroupNorm", "com.microsoft.SkipGroupNorm", "com.microsoft.NhwcConv", "com.microsoft.BiasAdd", "com.microsoft.BiasSplitGelu",
    ];

    private const string Packed = "com.microsoft.MultiHeadAttention with packed keys and values";

    public static IReadOnlyList<NodesWithoutKernel> Missing(GraphProto graph) =>
    [
        .. AllNodes(graph.Node).Select(node => (Operator: CudaOnlyForm(node), Node: node)).Where(found => found.Operator is not null)
            .GroupBy(found => found.Operator!).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new NodesWithoutKernel(group.Key, group.Count(), group.First().Node.Label())),
    ];

    /// <summary>The CPU's MultiHeadAttention wants keys and values apart; it says so only when it runs.</summary>
    private static string? CudaOnlyForm(NodeProto node) => node.Operator() switch
    {
        "com.microsoft.MultiHeadAttention" => node.InputAt(2).Length == 0 ? Packed : null,
        var name => CudaOnly.Contains(name) ? name : null,
    };

    private static IEnumerable<NodeProto> AllNodes(IEnumerable<NodeProto> nodes) =>
        nodes.SelectMany(node => AllNodes(TopologicalOrder.NestedGraphs(node).SelectMany(graph => graph.Node)).Prepend(node));
}
