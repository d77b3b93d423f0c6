using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>Operators that take several elements together.</summary>
internal static class ReductionOperators
{
    public static void AddTo(OperatorTable table)
    {
        Add(table, "ReduceMean", (x, axes, keep) => x.mean(axes, keep));
        Add(table, "ReduceSum", (x, axes, keep) => x.sum(axes, keep));
        Add(table, "ReduceMax", (x, axes, keep) => x.amax(axes, keep));
        Add(table, "ReduceMin", (x, axes, keep) => x.amin(axes, keep));
        Add(table, "ReduceL1", (x, axes, keep) => x.abs().sum(axes, keep));
        Add(table, "ReduceL2", (x, axes, keep) => (x * x).sum(axes, keep).sqrt());
        Add(table, "ReduceSumSquare", (x, axes, keep) => (x * x).sum(axes, keep));
        Add(table, "ReduceProd", (x, axes, keep) => axes.OrderDescending().Aggregate(x, (result, axis) => result.prod(axis, keep)));
        table.Add("ArgMax", call => Best(call, (x, axis, keep) => x.argmax(axis, keep)));
        table.Add("ArgMin", call => Best(call, (x, axis, keep) => x.argmin(axis, keep)));
        table.Add("CumSum", CumulativeSum);
        table.Add("GlobalAveragePool", call => call[0].mean([.. Enumerable.Range(2, (int)call[0].dim() - 2).Select(axis => (long)axis)], keepdim: true));
    }

    private static void Add(OperatorTable table, string name, Func<Tensor, long[], bool, Tensor> reduce) => table.Add(name, call =>
    {
        long[]? named = call.LongsOrAttribute(1, "axes");
        bool none = named is null or [];
        if (none && call.Node.Int("noop_with_empty_axes") != 0) return call[0];
        if (call[0].dim() == 0) return reduce(call[0].reshape(1), [0], false);
        long[] axes = none ? [.. Enumerable.Range(0, (int)call[0].dim()).Select(axis => (long)axis)] : [.. named!.Select(axis => (long)call.Axis(axis, call[0].dim()))];
        // Sums of integers keep their type, where the library would widen it.
        return reduce(call[0], axes, call.Node.Int("keepdims", 1) != 0).to(call[0].dtype);
    });

    private static Tensor Best(OperatorCall call, Func<Tensor, long, bool, Tensor> find)
    {
        if (call.Node.Int("select_last_index") != 0) throw call.Refuse("it selects the last of equal values");
        return find(call[0], call.Axis(call.Node.Int("axis"), call[0].dim()), call.Node.Int("keepdims", 1) != 0);
    }

    private static Tensor CumulativeSum(OperatorCall call)
    {
        if (call.Node.Int("exclusive") != 0 || call.Node.Int("reverse") != 0) throw call.Refuse("it is exclusive or goes backwards");
        return call[0].cumsum(call.Axis(call.Longs(1)![0], call[0].dim())).to(call[0].dtype);
    }
}
