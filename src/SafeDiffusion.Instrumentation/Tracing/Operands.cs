using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;

namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>A product's two operands, turned so that it is a plain MatMul: the left one's last axis meets the right one's last but one.</summary>
internal sealed record Operands(Trace Left, Trace Right, Layout LeftLayout, Layout RightLayout, double Scale)
{
    /// <summary>The order in which the result's axes stand, where it is not that of a MatMul.</summary>
    public int[]? Order { get; init; }

    /// <summary>The same product the other way round: A B = (B^T A^T)^T.</summary>
    public Operands Swapped()
    {
        int[] swap = [.. Enumerable.Range(0, LeftLayout.Rank)];
        (swap[^1], swap[^2]) = (swap[^2], swap[^1]);
        return new Operands(Right, Left, RightLayout.TransposedLast(), LeftLayout.TransposedLast(), Scale)
        {
            Order = Order is null ? swap : [.. Order.Select(axis => swap[axis])],
        };
    }

    public Layout Placed(Layout result) => Order is null ? result : result.Transposed(Order);

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
        bool InOutput(char label) => output.Contains(label, StringComparison.Ordinal);
        char[] batch = [.. a.Where(label => b.Contains(label, StringComparison.Ordinal) && InOutput(label))];
        char[] shared = [.. a.Where(label => b.Contains(label, StringComparison.Ordinal) && !InOutput(label))];
        char[] rows = [.. a.Where(label => !b.Contains(label, StringComparison.Ordinal) && InOutput(label))];
        char[] columns = [.. b.Where(label => !a.Contains(label, StringComparison.Ordinal) && InOutput(label))];
        if (shared.Length != 1 || rows.Length != 1 || columns.Length != 1 || output.Length != batch.Length + 2)
            return null;
        string result = new([.. batch, rows[0], columns[0]]);
        Layout? first = Ordered(left.Layout, a, new([.. batch, rows[0], shared[0]]));
        Layout? second = Ordered(right.Layout, b, new([.. batch, shared[0], columns[0]]));
        return first is null || second is null ? null : new Operands(left, right, first, second, 1)
        {
            Order = [.. output.Select(label => result.IndexOf(label, StringComparison.Ordinal))],
        };
    }

    private static Layout? Ordered(Layout layout, string labels, string wanted) =>
        labels.Order().SequenceEqual(wanted.Order()) && labels.Distinct().Count() == labels.Length
            ? layout.Transposed([.. wanted.Select(label => labels.IndexOf(label, StringComparison.Ordinal))])
            : null;
}
