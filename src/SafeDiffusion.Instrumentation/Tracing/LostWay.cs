using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;

namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>Says why the text's way is lost at a node, and blames what is to blame.</summary>
internal static class LostWay
{
    /// <summary>What a graph with functions of its own should be.</summary>
    public const string Inlined = "a graph without functions of its own: inline them (onnx.inliner.inline_local_functions in Python, or an export with optimize=True)";

    /// <summary>The operators that this library or ONNX Runtime's transformer tool writes.</summary>
    private static readonly HashSet<string> _knownDomains = ["", "ai.onnx", "com.microsoft", "com.microsoft.nchwc"];

    /// <summary>The text goes into a function of the model.</summary>
    public static string LocalFunction(NodeProto node) => $"the text goes into {node.Operator()}, a function that the model defines itself; what is inside is not looked into";

    /// <summary>A projection of the text goes into an attention that it does not fit.</summary>
    public static string Unfitting(NodeProto node)
    {
        string[] heads = [.. node.Attribute.Where(attribute => attribute.Name.EndsWith("num_heads", StringComparison.Ordinal)).Select(attribute => $"{attribute.Name} {attribute.I}")];
        return $"the shapes of the queries, keys and values of this {node.Operator()} do not go with {(heads.Length == 0 ? "each other" : string.Join(", ", heads))}";
    }

    /// <summary>The text states are used by a node that is no projection.</summary>
    public static string AfterText(NodeProto node, Layout text, Facts weight)
    {
        if (!_knownDomains.Contains(node.Domain))
            return $"{node.Operator()} uses the text states, and operators of the domain '{node.Domain}' are not known";
        if (node.OpType is not ("MatMul" or "Gemm" or "FusedMatMul"))
            return $"{node.Operator()} uses the text states: the text reaches the output by another way than cross-attention";
        if (!weight.IsConstant)
            return $"{node.Operator()} multiplies the text states with a value that is not constant ('{node.InputAt(1)}')";
        bool turned = node.OpType == "Gemm" && node.Int("transB", 0) != 0;
        long width = Layout.Size(text[^1]);
        if (weight.Shape is [var first, var second] && (turned ? second : first) is var rows && rows != width)
            return $"{node.Operator()} multiplies text states of width {width} with a weight of {rows} rows";
        return $"{node.Operator()} uses the text states in a way that is no projection of them";
    }
}
