using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;

namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>A product's two operands, turned so that it is a plain MatMul: the left one's last axis meets the right one's last but one.</summary>
internal sealed record Operands(Trace Left, Trace Right, Layout LeftLayout, Layout RightLayout, double Scale)
{
    public static Operands? Of(AttentionTracer tracer, NodeProto node)
    {
        if (tracer.TraceOf(node, 0) is not { Layout.Rank: >= 3 } left || tracer.TraceOf(node, 1) is not { Layout.Rank: >= 3 } right)
            return null;
        return node.OpType switch
        {
            "MatMul" => new Operands(left, right, left.Layout, right.Layout, 1),
            "FusedMatMul" => OfFused(node, left, right),
            "Einsum" => OfEinsum(node, left, right),
            _ => null,
        };
    }

    private static Operands? OfFused(NodeProto node, Trace left, Trace right)
    {
        if (node.Int("transBatchA", 0) != 0 || node.Int("transBatchB", 0) != 0)
            return null;
        return new Operands(left, right, Turned(left.Layout, node.Int("transA", 0)), Turned(right.Layout, node.Int("transB", 0)), node.Float("alpha") ?? 1);
    }

    private static Layout Turned(Layout layout, long turned) => turned != 0 ? layout.TransposedLast() : layout;

    private static Operands? OfEinsum(NodeProto node, Trace left, Trace right)
    {
        if (node.Text("equation") is not { } text || text.Contains('.', StringComparison.Ordinal) || !text.Contains("->", StringComparison.Ordinal))
            return null;
        EinsumEquation equation = EinsumEquation.Parse(text);
        if (equation.Inputs is not [var a, var b] || a.Length != left.Layout.Rank || b.Length != right.Layout.Rank)
            return null;
        string output = equation.Output;
        char[] shared = [.. a.Where(label => b.Contains(label, StringComparison.Ordinal) && !output.Contains(label, StringComparison.Ordinal))];
        if (shared.Length != 1 || output.Length != a.Length || !a.Contains(output[^2], StringComparison.Ordinal) || !b.Contains(output[^1], StringComparison.Ordinal))
            return null;
        string batch = output[..^2];
        return Ordered(left.Layout, a, $"{batch}{output[^2]}{shared[0]}") is { } first && Ordered(right.Layout, b, $"{batch}{shared[0]}{output[^1]}") is { } second
            ? new Operands(left, right, first, second, 1)
            : null;
    }

    private static Layout? Ordered(Layout layout, string labels, string wanted) =>
        labels.Order().SequenceEqual(wanted.Order()) && labels.Distinct().Count() == labels.Length
            ? layout.Transposed([.. wanted.Select(label => labels.IndexOf(label, StringComparison.Ordinal))])
            : null;
}
