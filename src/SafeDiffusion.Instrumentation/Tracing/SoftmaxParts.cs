using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;

namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>A Softmax over the tokens that is written out as ReduceMax, Sub, Exp, ReduceSum, Div (ONNX Runtime inlines it so for float16).</summary>
internal static class SoftmaxParts
{
    public static Trace? Apply(AttentionTracer tracer, NodeProto node)
    {
        Trace? first = tracer.TraceOf(node, 0);
        Trace? second = node.Input.Count > 1 ? tracer.TraceOf(node, 1) : null;
        return (node.OpType, first, second) switch
        {
            ("ReduceMax", ScoreTrace score, _) when OverTokens(tracer, node, score) => new SoftmaxPartTrace(score, node, SoftmaxPart.Largest, score.Layout),
            ("Sub", ScoreTrace score, SoftmaxPartTrace { Part: SoftmaxPart.Largest } largest) when Same(score, largest) =>
                new SoftmaxPartTrace(largest.Score, node, SoftmaxPart.Shifted, score.Layout),
            ("Exp", SoftmaxPartTrace { Part: SoftmaxPart.Shifted } shifted, _) => shifted with { Node = node, Part = SoftmaxPart.Exponential },
            ("Exp", ScoreTrace score, _) => new SoftmaxPartTrace(score, node, SoftmaxPart.Exponential, score.Layout),
            ("ReduceSum", SoftmaxPartTrace { Part: SoftmaxPart.Exponential } powers, _) when OverTokens(tracer, node, powers) =>
                powers with { Node = node, Part = SoftmaxPart.Sum },
            ("Div", SoftmaxPartTrace { Part: SoftmaxPart.Exponential } powers, SoftmaxPartTrace { Part: SoftmaxPart.Sum } sum) when ReferenceEquals(powers.Score, sum.Score) =>
                new ProbabilityTrace(powers.Score, node, powers.Layout),
            _ => null,
        };
    }

    private static bool Same(ScoreTrace score, SoftmaxPartTrace largest) => ReferenceEquals(score.Product, largest.Score.Product) && score.Scale == largest.Score.Scale;

    private static bool OverTokens(AttentionTracer tracer, NodeProto node, Trace trace)
    {
        Operation operation = tracer.OperationOf(node);
        if (operation.Axes(1) is not [var axis] || node.Int("keepdims", 1) == 0)
            return false;
        long place = axis < 0 ? axis + trace.Layout.Rank : axis;
        return place >= 0 && place < trace.Layout.Rank && trace.Layout[(int)place] is [{ Kind: AxisKind.Token }];
    }
}
