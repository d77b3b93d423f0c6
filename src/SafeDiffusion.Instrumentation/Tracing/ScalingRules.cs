using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;

namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>Products with a number, sums with a bias or with nothing.</summary>
internal static class ScalingRules
{
    public static Trace? Apply(AttentionTracer tracer, NodeProto node)
    {
        if (node.OpType == "Neg")
            return tracer.TraceOf(node, 0) is { } negated ? Scaled(negated, -1) : null;
        int side = tracer.TraceOf(node, 0) is not null ? 0 : 1;
        if (tracer.TraceOf(node, side) is not { } trace || tracer.TraceOf(node, 1 - side) is not null)
            return null;
        Facts other = tracer.FactsOf(node, 1 - side);
        if (!KeepsShape(tracer, node, side))
            return null;
        return node.OpType switch
        {
            "Mul" => other.Scalar is { } factor ? Scaled(trace, factor) : null,
            "Div" => side == 0 && other.Scalar is { } divisor && divisor != 0 ? Scaled(trace, 1 / divisor) : null,
            "Sub" => side == 0 && other.Scalar == 0 ? trace : null,
            _ => Added(tracer, node, trace, side, other),
        };
    }

    private static Trace? Added(AttentionTracer tracer, NodeProto node, Trace trace, int side, Facts other)
    {
        if (other.Scalar == 0)
            return trace;
        if (trace is ScoreTrace { FromText: true } score)
            throw tracer.NotUnderstood(node, node.InputAt(1 - side), "scores without a mask, or with one that is all zeros",
                $"a mask is added to the scores of '{score.Product.Label()}'");
        if (trace is not ProjectedTrace { Scale: 1, Projection: { Bias: null } projection } || projection.Output != node.InputAt(side))
            return null;
        if (!other.IsConstant || other.Shape is not { Length: > 0 } shape || shape[^1] != projection.Columns || Sizes.Count(shape) != projection.Columns)
            return null;
        Projection biased = projection with { BiasNode = node, Bias = node.InputAt(1 - side), Output = node.Output[0] };
        tracer.Biased(projection, biased);
        return new ProjectedTrace(biased, trace.Layout);
    }

    private static bool KeepsShape(AttentionTracer tracer, NodeProto node, int side) =>
        tracer.FactsOf(node.Output[0]).Shape is { } output && tracer.FactsOf(node, side).Shape is { } input && output.SequenceEqual(input);

    private static Trace? Scaled(Trace trace, double factor) => trace switch
    {
        ProjectedTrace projected => projected with { Scale = projected.Scale * factor },
        ScoreTrace score => score with { Scale = score.Scale * factor },
        AttendedTrace attended => attended,
        _ => factor == 1 ? trace : null,
    };
}
