using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;

namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>Operators that move, split, merge or cut axes: they change a trace's layout.</summary>
internal static class RearrangementRules
{
    public static Trace?[] Apply(AttentionTracer tracer, NodeProto node)
    {
        if (tracer.TraceOf(node, 0) is not { } trace)
            return [];
        Operation operation = tracer.OperationOf(node);
        return node.OpType switch
        {
            "Transpose" => [Transposed(trace, node)],
            "Slice" => [Sliced(trace, operation)],
            "Split" => Split(trace, operation),
            "Gather" => [Gathered(trace, operation, tracer.FactsOf(node.Output[0]))],
            "Concat" => [node.Input.Count == 1 ? trace : null],
            _ => [Reshaped(trace, tracer.FactsOf(node.Output[0]))],
        };
    }

    private static Trace? Transposed(Trace trace, NodeProto node)
    {
        long[] given = node.Ints("perm") ?? [.. Enumerable.Range(0, trace.Layout.Rank).Reverse().Select(axis => (long)axis)];
        if (!given.Order().SequenceEqual(Enumerable.Range(0, trace.Layout.Rank).Select(axis => (long)axis)))
            return null;
        return trace with { Layout = trace.Layout.Transposed(Array.ConvertAll(given, axis => (int)axis)) };
    }

    private static Trace? Reshaped(Trace trace, Facts output) =>
        output.Shape is { } shape && trace.Layout.Reshaped(shape) is { } layout ? trace with { Layout = layout } : null;

    private static Trace? Sliced(Trace trace, Operation operation)
    {
        if (operation.First.Rank != trace.Layout.Rank || PieceRules.Cuts(operation) is not { } cuts || cuts.Any(cut => cut.Step != 1))
            return null;
        Layout? layout = trace.Layout;
        foreach (Cut cut in cuts)
            layout = layout?.Cut(cut.Axis, cut.Start, cut.Count);
        return layout is null ? null : trace with { Layout = layout };
    }

    private static Trace?[] Split(Trace trace, Operation operation)
    {
        if (operation.First.Rank != trace.Layout.Rank || PieceRules.Parts(operation) is not { } parts)
            return [];
        int axis = operation.Axis("axis", 0, trace.Layout.Rank);
        Trace?[] pieces = new Trace?[parts.Length];
        long start = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            pieces[i] = trace.Layout.Cut(axis, start, parts[i]) is { } layout ? trace with { Layout = layout } : null;
            start += parts[i];
        }
        return pieces;
    }

    private static Trace? Gathered(Trace trace, Operation operation, Facts output)
    {
        if (operation[1].Integers is not [var index] || operation.First.Shape is not { } shape || output.Shape is not { } result)
            return null;
        int axis = operation.Axis("axis", 0, trace.Layout.Rank);
        Layout? cut = trace.Layout.Cut(axis, index < 0 ? index + shape[axis] : index, 1);
        return cut?.Reshaped(result) is { } layout ? trace with { Layout = layout } : null;
    }
}
