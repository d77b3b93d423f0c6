using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>Operators that lay elements out anew.</summary>
internal static class LayoutOperators
{
    public static void AddTo(OperatorTable table)
    {
        table.Add("Reshape", Reshape);
        table.Add("Flatten", Flatten);
        table.Add("Transpose", call => call[0].permute(call.Node.Ints("perm")?.ToArray() ?? [.. Enumerable.Range(0, (int)call[0].dim()).Reverse().Select(axis => (long)axis)]));
        table.Add("Squeeze", Squeeze);
        table.Add("Unsqueeze", Unsqueeze);
        table.Add("Concat", call => cat([.. call.Inputs.Select((_, index) => call[index])], call.Axis(call.Node.Int("axis"), call[0].dim())));
        table.AddMany("Split", Split);
        table.Add("Expand", Expand);
        table.Add("Tile", call => call[0].repeat(call.Longs(1)!));
        table.Add("Trilu", Trilu);
        table.Add("Pad", Pad);
    }

    /// <summary>A 0 keeps the input's size at its place unless <c>allowzero</c> says that it is one.</summary>
    private static Tensor Reshape(OperatorCall call)
    {
        long[] shape = call.Longs(1)!;
        if (call.Node.Int("allowzero") != 0) return call[0].reshape(shape);
        for (int i = 0; i < shape.Length; i++)
        {
            if (shape[i] == 0) shape[i] = i < call[0].dim() ? call[0].shape[i] : throw call.Refuse($"it keeps the size of dimension {i}, which its input does not have");
        }
        return call[0].reshape(shape);
    }

    private static Tensor Flatten(OperatorCall call)
    {
        long axis = call.Node.Int("axis", 1);
        int split = (int)(axis < 0 ? axis + call[0].dim() : axis);
        long[] shape = call[0].shape;
        return call[0].reshape(shape[..split].Aggregate(1L, (product, size) => product * size), shape[split..].Aggregate(1L, (product, size) => product * size));
    }

    private static Tensor Squeeze(OperatorCall call)
    {
        long[] shape = call[0].shape;
        HashSet<int> axes = call.LongsOrAttribute(1, "axes") is { } named
            ? [.. named.Select(axis => call.Axis(axis, shape.Length))]
            : [.. Enumerable.Range(0, shape.Length).Where(axis => shape[axis] == 1)];
        if (axes.Any(axis => shape[axis] != 1)) throw call.Refuse("it drops a dimension whose size is not 1");
        return call[0].reshape([.. shape.Where((_, axis) => !axes.Contains(axis))]);
    }

    private static Tensor Unsqueeze(OperatorCall call)
    {
        long[] named = call.LongsOrAttribute(1, "axes") ?? throw call.Refuse("it names no axes");
        long rank = call[0].dim() + named.Length;
        Tensor result = call[0];
        foreach (int axis in named.Select(axis => call.Axis(axis, rank)).Order()) result = result.unsqueeze(axis);
        return result;
    }

    private static Tensor[] Split(OperatorCall call)
    {
        int axis = call.Axis(call.Node.Int("axis"), call[0].dim());
        return call[0].split(call.LongsOrAttribute(1, "split") ?? Even(call[0].shape[axis], call.Node.Outputs.Count), axis);
    }

    /// <summary>Equal pieces, the last of which may be smaller.</summary>
    private static long[] Even(long size, int count)
    {
        long piece = (size + count - 1) / count;
        return [.. Enumerable.Range(0, count).Select(index => Math.Clamp(size - index * piece, 0, piece))];
    }

    /// <summary>Broadcasting goes both ways: a 1 in the wanted shape keeps the input's size.</summary>
    private static Tensor Expand(OperatorCall call)
    {
        long[] wanted = call.Longs(1)!;
        long[] shape = call[0].shape;
        int rank = Math.Max(wanted.Length, shape.Length);
        long[] result = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            long there = i + shape.Length - rank is >= 0 and var own ? shape[own] : 1;
            long asked = i + wanted.Length - rank is >= 0 and var other ? wanted[other] : 1;
            result[i] = asked == 1 ? there : asked;
        }
        return call[0].expand(result);
    }

    private static Tensor Trilu(OperatorCall call)
    {
        long diagonal = call.Longs(1) is [var k] ? k : 0;
        return call.Node.Int("upper", 1) != 0 ? call[0].triu(diagonal) : call[0].tril(diagonal);
    }

    private static Tensor Pad(OperatorCall call)
    {
        call.RequireText("mode", "constant", "reflect", "edge");
        long[] pads = call.LongsOrAttribute(1, "pads") ?? throw call.Refuse("it names no pads");
        int rank = (int)call[0].dim();
        int[] axes = call.Longs(3) is { } named ? [.. named.Select(axis => call.Axis(axis, rank))] : [.. Enumerable.Range(0, rank)];
        long[] lastFirst = new long[2 * rank];
        for (int i = 0; i < axes.Length; i++)
        {
            lastFirst[2 * (rank - 1 - axes[i])] = pads[i];
            lastFirst[2 * (rank - 1 - axes[i]) + 1] = pads[i + axes.Length];
        }
        double value = call.Singles(2) is [var given] ? given : call.Node.Float("value") ?? 0;
        return call.Node.Text("mode") switch
        {
            "reflect" => F.pad(call[0], lastFirst[..^4], PaddingModes.Reflect),
            "edge" => F.pad(call[0], lastFirst[..^4], PaddingModes.Replicate),
            _ => F.pad(call[0], lastFirst, PaddingModes.Constant, value),
        };
    }
}
