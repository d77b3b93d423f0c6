using Microsoft.ML.OnnxRuntime;

namespace SafeDiffusion.Core.Sessions;

/// <summary>
/// Refuses a session for a GPU that would compute on the processor. ONNX Runtime gives a node that the provider has no kernel for to the
/// processor and says nothing; its own <c>session.disable_cpu_ep_fallback</c> is no way out, since it also refuses the calculation of
/// shapes, which the CUDA provider leaves to the processor on purpose and every UNet for pictures of any size has.
/// </summary>
internal static class UnaskedProcessorNodes
{
    private const string Processor = "CPUExecutionProvider";

    /// <summary>What shapes, positions and masks are calculated with.</summary>
    private static readonly HashSet<string> _bookkeeping =
    [
        "Add", "And", "ArgMax", "Cast", "Ceil", "Clip", "Concat", "Constant", "ConstantOfShape", "CumSum", "Div", "Equal", "Expand", "Flatten", "Floor", "Gather",
        "GatherElements", "GatherND", "Greater", "GreaterOrEqual", "Identity", "If", "Less", "LessOrEqual", "Max", "Min", "Mod", "Mul", "Neg", "NonZero", "Not", "Or",
        "Range", "ReduceMax", "ReduceMin", "ReduceProd", "Reshape", "ScatterND", "Shape", "Size", "Slice", "Split", "Sqrt", "Squeeze", "Sub", "Tile", "Transpose",
        "Trilu", "Unsqueeze", "Where",
    ];

    /// <summary>The nodes that compute on the processor.</summary>
    public static IReadOnlyList<NodePlacement.PlacedNode> Among(IEnumerable<NodePlacement.PlacedNode> nodes) =>
        [.. nodes.Where(node => node.Provider == Processor && !_bookkeeping.Contains(node.Operator))];

    /// <exception cref="ProviderNotAvailableException">A node computes on the processor.</exception>
    public static void Refuse(string network, string file, InferenceSession session)
    {
        IReadOnlyList<NodePlacement.PlacedNode> unasked = Among(NodePlacement.Of(session));
        if (unasked.Count == 0) return;
        string operators = string.Join(", ", unasked.CountBy(node => node.Operator).Select(count => $"{count.Value} {count.Key}"));
        throw CudaProvider.NotAvailable(
            $"ONNX Runtime has no CUDA kernel for nodes of {network} ({file}) and would run them on the CPU: {operators}, the first {unasked[0].Name}. "
            + "Export the network with other operators or another opset, or ask for the CPU.");
    }
}
