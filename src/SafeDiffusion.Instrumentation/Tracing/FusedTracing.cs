using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>Attention as one operator: ONNX's own, and ONNX Runtime's MultiHeadAttention and Attention.</summary>
internal static class FusedTracing
{
    private const string Unmasked = "attention without mask, past or causality";

    /// <summary>ONNX's Attention (opset 23): Q, K, V as <c>[B, h, n, d]</c> or <c>[B, n, h d]</c>.</summary>
    public static Trace? Operator(AttentionTracer tracer, NodeProto node)
    {
        bool plain = node.Int("is_causal", 0) == 0 && (node.Float("softcap") ?? 0) == 0
            && Absent(tracer, node, 3) && Enumerable.Range(4, 3).All(input => node.InputAt(input).Length == 0);
        if (Three(tracer, node, plain) is not var (query, key, value))
            return null;
        HeadColumns? queryColumns = SplitHeads(query, node.Int("q_num_heads", 0));
        HeadColumns? keyColumns = SplitHeads(key, node.Int("kv_num_heads", 0));
        HeadColumns? valueColumns = SplitHeads(value, node.Int("kv_num_heads", 0));
        return Made(tracer, node, AttentionForm.Operator, (query, queryColumns), (key, keyColumns), (value, valueColumns), query.Layout.Rank == 4);
    }

    public static Trace? MultiHead(AttentionTracer tracer, NodeProto node)
    {
        bool plain = node.Int("unidirectional", 0) == 0 && Enumerable.Range(4, 4).All(input => Absent(tracer, node, input));
        long heads = node.Int("num_heads", 0);
        if (node.InputAt(1).Length == 0)
            return PackedSelf(tracer, node, tracer.TraceOf(node, 0), heads);
        if (node.InputAt(2).Length == 0)
            return PackedKeys(tracer, node, plain, heads);
        return Three(tracer, node, plain) is var (query, key, value)
            ? Made(tracer, node, AttentionForm.MultiHead, (query, SplitHeads(query, heads)), (key, SplitHeads(key, heads)), (value, SplitHeads(value, heads)), false)
            : null;
    }

    /// <summary>com.microsoft.Attention: projects by itself; self-attention.</summary>
    public static Trace? Packed(AttentionTracer tracer, NodeProto node)
    {
        if (tracer.TraceOf(node, 0) is { FromText: true } || tracer.FactsOf(node, 0).Shape is not { Length: 3 } shape
            || tracer.FactsOf(node, 1).Shape is not [_, var columns] || node.Int("num_heads", 0) is not (> 0 and var heads) || columns % (3 * heads) != 0)
            return null;
        Layout layout = Layout.Of([shape[0], shape[1], columns]);
        Projection all = new(node, null, node.InputAt(0), node.InputAt(1), node.InputAt(2) is { Length: > 0 } bias ? bias : null, node.Output[0], false, layout);
        return Self(tracer, node, all, heads, columns / 3 / heads, 1);
    }

    private static AttendedTrace? PackedSelf(AttentionTracer tracer, NodeProto node, Trace? trace, long heads)
    {
        if (trace is not ProjectedTrace { FromText: false } packed || heads <= 0 || packed.Projection.Columns % (3 * heads) != 0)
            return null;
        return Self(tracer, node, packed.Projection, heads, packed.Projection.Columns / 3 / heads, 3);
    }

    private static AttendedTrace Self(AttentionTracer tracer, NodeProto node, Projection all, long heads, long width, long headStep)
    {
        long apart = headStep == 1 ? heads * width : width;
        HeadColumns Part(int index) => new(heads, width, index * apart, headStep * width, 1, all.Columns);
        Layout output = Layout.Of([all.Layout[0], all.Layout[1], Layout.One(AxisKind.Column, heads * width, 1)]);
        AttentionCore core = new(AttentionForm.PackedSelf, node, node, all, all, all, Part(0), Part(1), Part(2),
            node.Float("scale") is { } scale and not 0 ? scale : 1 / Math.Sqrt(width), 1, node.Output[0], output);
        tracer.Found(core);
        return new AttendedTrace(core, output);
    }

    private static AttendedTrace? PackedKeys(AttentionTracer tracer, NodeProto node, bool plain, long heads)
    {
        if (tracer.TraceOf(node, 0) is not ProjectedTrace query || tracer.TraceOf(node, 1) is not ProjectedTrace { Layout.Rank: 5 } packed)
            return null;
        Require(tracer, node, plain, packed);
        Layout? keys = packed.Layout.Cut(3, 0, 1);
        Layout? values = packed.Layout.Cut(3, 1, 1);
        if (keys is null || values is null)
            return null;
        return Made(tracer, node, AttentionForm.PackedMultiHead, (query, SplitHeads(query, heads)), (packed, Of(packed, keys)), (packed, Of(packed, values)), false);
    }

    private static HeadColumns? Of(ProjectedTrace packed, Layout layout) =>
        HeadColumns.Of([.. layout[2]], [.. layout[4]], layout.Offset, packed.Projection.Columns);

    private static (ProjectedTrace Query, ProjectedTrace Key, ProjectedTrace Value)? Three(AttentionTracer tracer, NodeProto node, bool plain)
    {
        if (tracer.TraceOf(node, 0) is not ProjectedTrace query || tracer.TraceOf(node, 1) is not ProjectedTrace key
            || tracer.TraceOf(node, 2) is not ProjectedTrace value)
            return null;
        Require(tracer, node, plain, key);
        return (query, key, value);
    }

    private static void Require(AttentionTracer tracer, NodeProto node, bool plain, ProjectedTrace key)
    {
        if (!plain && key.FromText)
            throw tracer.NotUnderstood(node, key.Projection.Output, Unmasked, $"this {node.Operator()} has one");
    }

    private static AttendedTrace? Made(AttentionTracer tracer, NodeProto node, AttentionForm form, (ProjectedTrace Trace, HeadColumns? Columns) query,
        (ProjectedTrace Trace, HeadColumns? Columns) key, (ProjectedTrace Trace, HeadColumns? Columns) value, bool headsApart)
    {
        if (query.Columns is null || key.Columns is null || value.Columns is null
            || query.Columns.Heads != key.Columns.Heads || query.Columns.Width != key.Columns.Width || value.Columns.Heads != key.Columns.Heads)
            return null;
        if (form is AttentionForm.MultiHead or AttentionForm.PackedMultiHead && !Absent(tracer, node, 3)
            && (query.Trace.Scale != 1 || key.Trace.Scale != 1 || value.Trace.Scale != 1))
            return null;
        double scale = node.Float("scale") is { } given and not 0 ? given : 1 / Math.Sqrt(query.Columns.Width);
        Layout output = OutputLayout(query.Trace.Projection.Layout, value.Columns, headsApart);
        AttentionCore core = new(form, node, node, query.Trace.Projection, key.Trace.Projection, value.Trace.Projection,
            query.Columns, key.Columns, value.Columns, scale * query.Trace.Scale * key.Trace.Scale, value.Trace.Scale, node.Output[0], output)
        {
            FusedBias = form is AttentionForm.MultiHead or AttentionForm.PackedMultiHead && !Absent(tracer, node, 3) ? node.InputAt(3) : null,
        };
        tracer.Found(core);
        return new AttendedTrace(core, output);
    }

    private static Layout OutputLayout(Layout query, HeadColumns columns, bool headsApart)
    {
        Atom[] batch = [.. query.Atoms.Where(atom => atom.Kind == AxisKind.Batch)];
        Atom[] positions = [.. query.Atoms.Where(atom => atom.Kind == AxisKind.Position)];
        return headsApart
            ? Layout.Of([[.. batch], Layout.One(AxisKind.Column, columns.Heads, columns.Width), [.. positions], Layout.One(AxisKind.Column, columns.Width, 1)])
            : Layout.Of([[.. batch], [.. positions], Layout.One(AxisKind.Column, columns.Heads * columns.Width, 1)]);
    }

    private static HeadColumns? SplitHeads(ProjectedTrace trace, long heads)
    {
        Layout layout = trace.Layout;
        if (layout.Rank == 4)
            return HeadColumns.Of([.. layout[1]], [.. layout[3]], layout.Offset, trace.Projection.Columns);
        if (layout.Rank != 3 || heads <= 0 || Layout.Size(layout[2]) % heads != 0)
            return null;
        Layout? split = layout.Reshaped([Layout.Size(layout[0]), Layout.Size(layout[1]), heads, Layout.Size(layout[2]) / heads]);
        return split is null ? null : HeadColumns.Of([.. split[2]], [.. split[3]], split.Offset, trace.Projection.Columns);
    }

    /// <summary>Whether an optional input is not given, or adds nothing.</summary>
    private static bool Absent(AttentionTracer tracer, NodeProto node, int input) =>
        node.InputAt(input).Length == 0 || tracer.FactsOf(node, input).Scalar == 0;
}
