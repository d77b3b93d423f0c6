using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>Matrix products and the operators that attention is fused into.</summary>
internal static class ProductRules
{
    public static Facts MatMul(Facts left, Facts right)
    {
        if (left.Shape is not { Length: >= 1 } a || right.Shape is not { Length: >= 1 } b)
            return new Facts(TypeOf(left, right));
        long[] rows = a.Length > 1 ? a : [1, .. a];
        long[] columns = b.Length > 1 ? b : [.. b, 1];
        if (rows[^1] != columns[^2])
            throw new ArgumentException("The sizes do not fit.");
        long[] shape = [.. Sizes.Broadcast(rows[..^2], columns[..^2]), .. a.Length > 1 ? [rows[^2]] : Array.Empty<long>(), .. b.Length > 1 ? [columns[^1]] : Array.Empty<long>()];
        return new Facts(TypeOf(left, right), shape);
    }

    public static Facts FusedMatMul(Operation op) =>
        MatMul(Turned(op.First, op.Node.Int("transA", 0) != 0), Turned(op[1], op.Node.Int("transB", 0) != 0));

    public static Facts Gemm(Operation op) =>
        MatMul(Turned(op.First, op.Node.Int("transA", 0) != 0), Turned(op[1], op.Node.Int("transB", 0) != 0));

    public static Facts Einsum(Operation op)
    {
        EinsumEquation equation = EinsumEquation.Parse(op.Node.Text("equation") ?? "");
        Dictionary<char, long> sizes = [];
        for (int i = 0; i < op.Inputs.Length; i++)
        {
            if (op.Inputs[i].Shape is not { } shape || i >= equation.Inputs.Length || shape.Length != equation.Inputs[i].Length)
                return new Facts(op.First.Type);
            for (int axis = 0; axis < shape.Length; axis++)
                sizes[equation.Inputs[i][axis]] = shape[axis];
        }
        if (!equation.Output.All(sizes.ContainsKey))
            return new Facts(op.First.Type);
        return new Facts(op.First.Type, [.. equation.Output.Select(label => sizes[label])]);
    }

    /// <summary>ONNX's own Attention: <c>[B, h, n, d]</c> or <c>[B, n, h d]</c>.</summary>
    public static Facts Attention(Operation op)
    {
        if (op.First.Shape is not { } query || op[2].Shape is not { } value)
            return new Facts(op.First.Type);
        if (query.Length == 4)
            return new Facts(op.First.Type, [.. query[..3], value[^1]]);
        long heads = op.Node.Int("q_num_heads", 1);
        return new Facts(op.First.Type, [query[0], query[1], value[^1] / op.Node.Int("kv_num_heads", heads) * heads]);
    }

    /// <summary>MultiHeadAttention: <c>[B, n, h d]</c> out; the query <c>[B, n, h d]</c>, or packed <c>[B, n, h, 3, d]</c>.</summary>
    public static Facts MultiHeadAttention(Operation op) => op.First.Shape switch
    {
        [var batch, var positions, var heads, 3, var width] => new Facts(op.First.Type, [batch, positions, heads * width]),
        [var batch, var positions, var width] => new Facts(op.First.Type, [batch, positions, op[2].Shape is [_, _, var values] ? values : width]),
        _ => new Facts(op.First.Type),
    };

    /// <summary>com.microsoft.Attention: <c>[B, n, D]</c> with a weight that holds Q, K and V side by side.</summary>
    public static Facts PackedAttention(Operation op)
    {
        if (op.First.Shape is not [var batch, var positions, _] || op[1].Shape is not [_, var columns])
            return new Facts(op.First.Type);
        long width = op.Node.Ints("qkv_hidden_sizes") is [_, _, var values] ? values : columns / 3;
        return new Facts(op.First.Type, [batch, positions, width]);
    }

    public static Facts BiasSplitGelu(Operation op) => op.First.Shape is { Length: > 0 } shape
        ? new Facts(op.First.Type, [.. shape[..^1], shape[^1] / 2])
        : new Facts(op.First.Type);

    private static OnnxElementType TypeOf(Facts left, Facts right) => left.Type == OnnxElementType.Undefined ? right.Type : left.Type;

    private static Facts Turned(Facts facts, bool turned) =>
        turned && facts.Shape is { Length: >= 2 } shape ? facts with { Shape = [.. shape[..^2], shape[^1], shape[^2]] } : facts;
}
