using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;

namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>Products with a constant weight: where traces begin.</summary>
internal static class ProjectionRules
{
    public static bool MayStart(NodeProto node) => node.Operator() is "MatMul" or "Gemm" or "com.microsoft.FusedMatMul" or "com.microsoft.Attention"
        or "com.microsoft.MatMulIntegerToFloat" or "com.microsoft.DynamicQuantizeMatMul";

    public static Trace? Apply(AttentionTracer tracer, NodeProto node)
    {
        Facts weight = tracer.FactsOf(node, 1);
        if (!weight.IsConstant || weight.Shape is not { Length: 2 } || !TakesRowsAsTheyAre(node))
            return null;
        if (SourceLayout(tracer, node) is not { } source || !IsWhole(source[^1], Layout.Size(source[^1])))
            return null;
        if (tracer.FactsOf(node.Output[0]).Shape is not { } output || output.Length != source.Rank)
            return null;
        Trace? trace = tracer.TraceOf(node, 0);
        Layout layout = Layout.Of([.. Enumerable.Range(0, source.Rank - 1).Select(axis => source[axis]), Layout.One(AxisKind.Column, output[^1], 1)]);
        string? bias = node.InputAt(BiasInput(node)) is { Length: > 0 } own ? own : null;
        if (bias is not null && !tracer.FactsOf(bias).IsConstant)
            return null;
        Projection projection = new(node, null, node.InputAt(0), node.InputAt(1), bias, node.Output[0], trace is TextTrace, layout);
        if (trace is AttendedTrace { Core: { OutputProjection: null } core })
            core.OutputProjection = projection;
        return new ProjectedTrace(projection, layout);
    }

    /// <summary>Where an operator takes a bias; beyond its inputs where it takes none.</summary>
    private static int BiasInput(NodeProto node) => node.OpType switch
    {
        "Gemm" => 2,
        "DynamicQuantizeMatMul" => 4,
        "MatMulIntegerToFloat" => 6,
        _ => int.MaxValue,
    };

    private static bool TakesRowsAsTheyAre(NodeProto node) => node.Int("transA", 0) == 0 && node.Int("transBatchA", 0) == 0;

    /// <summary>The layout of what is projected: the text's or the attended values' own, otherwise batch, positions, columns by shape.</summary>
    private static Layout? SourceLayout(AttentionTracer tracer, NodeProto node) => tracer.TraceOf(node, 0) switch
    {
        TextTrace or AttendedTrace => InOrder(tracer.TraceOf(node, 0)!.Layout),
        _ => OfHiddenStates(tracer, node.InputAt(0)),
    };

    private static Layout? OfHiddenStates(AttentionTracer tracer, string value)
    {
        if (tracer.FactsOf(value).Shape is not { } shape)
            return null;
        if (shape.Length >= 3)
            return Layout.Of(shape);
        return shape.Length == 2 && Unflattened(tracer, value) is { } deeper ? Layout.Of(deeper).Reshaped(shape) : null;
    }

    /// <summary>The shape of hidden states before rows and positions were flattened into one axis.</summary>
    private static long[]? Unflattened(AttentionTracer tracer, string value)
    {
        while (tracer.Producer(value) is { OpType: "Reshape" or "Flatten" or "Identity" or "Cast" or "Squeeze" or "Dropout" or "QuantizeLinear" } node)
        {
            value = node.InputAt(0);
            if (tracer.FactsOf(value).Shape is { Length: >= 3 } shape)
                return shape;
        }
        return null;
    }

    /// <summary>Only batch, then positions, then columns can be told apart later.</summary>
    private static Layout? InOrder(Layout layout)
    {
        AxisKind[] kinds = [.. layout.Atoms.Select(atom => atom.Kind)];
        return kinds.SequenceEqual(kinds.Order()) ? layout : null;
    }

    private static bool IsWhole(System.Collections.Immutable.ImmutableArray<Atom> axis, long size) =>
        axis.IsEmpty || axis is [{ Kind: AxisKind.Column, Stride: 1 } atom] && atom.Size == size;
}
