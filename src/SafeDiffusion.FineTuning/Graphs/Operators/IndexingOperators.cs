using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>Operators that pick elements out, or put elements in, by their places.</summary>
internal static class IndexingOperators
{
    public static void AddTo(OperatorTable table)
    {
        table.Add("Gather", Gather);
        table.Add("GatherElements", call => GatherElements(call, call.Axis(call.Node.Int("axis"), call[0].dim())));
        table.Add("GatherND", GatherBlocks);
        table.Add("ScatterND", Scatter);
        table.Add("Slice", Slice);
    }

    /// <summary>The indices may have any number of dimensions, none among them, and may count from the end.</summary>
    private static Tensor Gather(OperatorCall call)
    {
        int axis = call.Axis(call.Node.Int("axis"), call[0].dim());
        long[] shape = call[0].shape;
        Tensor indices = FromFront(call[1], shape[axis]);
        return call[0].index_select(axis, indices.flatten()).reshape([.. shape[..axis], .. call[1].shape, .. shape[(axis + 1)..]]);
    }

    private static Tensor GatherElements(OperatorCall call, int axis) => call[0].gather(axis, FromFront(call[1], call[0].shape[axis]));

    private static Tensor GatherBlocks(OperatorCall call)
    {
        if (call.Node.Int("batch_dims") != 0) throw call.Refuse("its batch_dims is not 0");
        long[] shape = call[0].shape;
        int depth = (int)call[1].shape[^1];
        Tensor places = zeros(call[1].shape[..^1], ScalarType.Int64, call[1].device);
        for (int i = 0; i < depth; i++) places = places * shape[i] + FromFront(call[1].select(-1, i), shape[i]);
        return call[0].reshape([-1, .. shape[depth..]]).index_select(0, places.flatten()).reshape([.. call[1].shape[..^1], .. shape[depth..]]);
    }

    private static Tensor Scatter(OperatorCall call)
    {
        call.RequireText("reduction", "none");
        Tensor[] indices = [.. Enumerable.Range(0, (int)call[1].shape[^1]).Select(i => FromFront(call[1].select(-1, i), call[0].shape[i]))];
        return call[0].clone().index_put_(call[2], indices);
    }

    private static Tensor FromFront(Tensor indices, long size)
    {
        Tensor wide = indices.to(ScalarType.Int64);
        return where(wide < 0, wide + size, wide);
    }

    private static Tensor Slice(OperatorCall call)
    {
        long[] starts = call.LongsOrAttribute(1, "starts") ?? throw call.Refuse("it names no starts");
        long[] ends = call.LongsOrAttribute(2, "ends") ?? throw call.Refuse("it names no ends");
        long[]? axes = call.LongsOrAttribute(3, "axes");
        long[]? steps = call.Longs(4);
        Tensor result = call[0];
        for (int i = 0; i < starts.Length; i++)
        {
            result = Slice(call, result, call.Axis(axes is null ? i : axes[i], result.dim()), starts[i], ends[i], steps is null ? 1 : steps[i]);
        }
        return result;
    }

    /// <summary>Starts and ends may count from the end and lie beyond both; a negative step goes backwards, its end being left out too.</summary>
    private static Tensor Slice(OperatorCall call, Tensor x, int axis, long start, long end, long step)
    {
        if (step == 0) throw call.Refuse("its step is 0");
        long size = x.shape[axis];
        if (start < 0) start += size;
        if (end < 0) end += size;
        if (step > 0) return x.slice(axis, Math.Clamp(start, 0, size), Math.Max(Math.Clamp(end, 0, size), Math.Clamp(start, 0, size)), step);
        start = Math.Clamp(start, -1, size - 1);
        end = Math.Clamp(end, -1, size - 1);
        long count = Math.Max(0, (end - start + step + 1) / step);
        return count == 0 ? x.slice(axis, 0, 0, 1) : x.slice(axis, start + (count - 1) * step, start + 1, -step).flip(axis);
    }
}
