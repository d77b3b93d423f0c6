using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>Operators that rearrange axes.</summary>
internal static class LayoutRules
{
    public static Facts Reshape(Operation op)
    {
        long[]? target = op.Node.Ints("shape") ?? op[1].Integers;
        if (target is null)
            return new Facts(op.First.Type, Uniform: op.First.Uniform);
        return op.First with { Shape = Resolve(op.First.Shape, target, op.Node.Int("allowzero", 0) != 0), IsConstant = false };
    }

    public static Facts Flatten(Operation op)
    {
        if (op.First.Shape is not { } shape)
            return new Facts(op.First.Type);
        int axis = op.Axis("axis", 1, shape.Length);
        return op.First with { Shape = [Sizes.Count(shape[..axis]), Sizes.Count(shape[axis..])], IsConstant = false };
    }

    public static Facts Transpose(Operation op)
    {
        if (op.First.Shape is not { } shape)
            return new Facts(op.First.Type, Uniform: op.First.Uniform);
        int[] order = Order(op.Node, shape.Length);
        return Facts.Of(op.First.Type, Array.ConvertAll(order, axis => shape[axis]), shape.Length <= 1 ? op.First.Contents : null, op.First.Uniform);
    }

    /// <summary>The axes' new order; reversed where the node does not say.</summary>
    public static int[] Order(NodeProto node, int rank)
    {
        int[] order = node.Ints("perm") is { } given ? Array.ConvertAll(given, axis => checked((int)axis)) : [.. Enumerable.Range(0, rank).Reverse()];
        if (!order.Order().SequenceEqual(Enumerable.Range(0, rank)))
            throw new ArgumentException("The order is not a permutation.");
        return order;
    }

    public static Facts Squeeze(Operation op)
    {
        if (op.First.Shape is not { } shape || op.Axes(1) is not { } given)
            return new Facts(op.First.Type, Uniform: op.First.Uniform);
        HashSet<long> axes = [.. given.Select(axis => axis < 0 ? axis + shape.Length : axis)];
        long[] kept = [.. shape.Where((size, i) => given.Length == 0 ? size != 1 : !axes.Contains(i))];
        return op.First with { Shape = kept, IsConstant = false };
    }

    public static Facts Unsqueeze(Operation op)
    {
        if (op.First.Shape is not { } shape || op.Axes(1) is not { } given)
            return new Facts(op.First.Type, Uniform: op.First.Uniform);
        int rank = shape.Length + given.Length;
        List<long> result = [.. shape];
        foreach (long axis in given.Select(axis => axis < 0 ? axis + rank : axis).Order())
            result.Insert(checked((int)axis), 1);
        return op.First with { Shape = [.. result], IsConstant = false };
    }

    public static Facts Expand(Operation op)
    {
        if (op.First.Shape is not { } shape || op[1].Integers is not { } target)
            return new Facts(op.First.Type, Uniform: op.First.Uniform);
        long[] result = Sizes.Broadcast(shape, target);
        return op.First.Uniform is { } value ? ConstantRules.Filled(op.First.Type, result, value) : Facts.Of(op.First.Type, result,
            shape.SequenceEqual(result) ? op.First.Contents : null);
    }

    public static Facts Tile(Operation op)
    {
        if (op.First.Shape is not { } shape || op[1].Integers is not { } repeats)
            return new Facts(op.First.Type, Uniform: op.First.Uniform);
        return new Facts(op.First.Type, [.. shape.Zip(repeats, (size, times) => checked(size * times))], Uniform: op.First.Uniform);
    }

    public static Facts Reduce(Operation op)
    {
        if (op.First.Shape is not { } shape || op.Axes(1) is not { } given)
            return new Facts(op.First.Type);
        bool all = given.Length == 0 && op.Node.Int("noop_with_empty_axes", 0) == 0;
        HashSet<long> axes = [.. given.Select(axis => axis < 0 ? axis + shape.Length : axis)];
        bool keep = op.Node.Int("keepdims", 1) != 0;
        long[] result = [.. shape.Select((size, i) => all || axes.Contains(i) ? keep ? 1 : -1 : size).Where(size => size >= 0)];
        double[]? contents = op.Node.OpType == "ReduceProd" && op.First.Contents is { } values && Sizes.Count(result) == 1
            ? [values.Aggregate(1.0, (product, value) => product * value)] : null;
        return Facts.Of(op.First.Type, result, contents);
    }

    private static long[]? Resolve(long[]? shape, long[] target, bool allowZero)
    {
        long[] result = [.. target];
        for (int i = 0; i < result.Length; i++)
        {
            if (result[i] != 0 || allowZero)
                continue;
            if (shape is null)
                return null;
            result[i] = shape[i];
        }
        int open = Array.IndexOf(result, -1);
        if (open < 0)
            return result;
        if (shape is null)
            return null;
        long known = Sizes.Count(result.Where((_, i) => i != open));
        result[open] = Sizes.Count(shape) / known;
        return result;
    }
}
