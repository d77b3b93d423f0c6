using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>Operators that cut tensors apart and put them together.</summary>
internal static class PieceRules
{
    public static Facts Concat(Operation op)
    {
        if (op.Inputs.Any(input => input.Shape is null))
            return new Facts(op.First.Type);
        long[] shape = [.. op.First.Shape!];
        int axis = op.Axis("axis", 0, shape.Length);
        shape[axis] = op.Inputs.Sum(input => input.Shape![axis]);
        bool isSmall = shape.Length == 1 && shape[0] <= TensorContents.MostElements && op.Inputs.All(input => input.Contents is not null);
        double[]? contents = isSmall ? [.. op.Inputs.SelectMany(input => input.Contents!)] : null;
        return Facts.Of(op.First.Type, shape, contents);
    }

    public static Facts Slice(Operation op)
    {
        if (op.First.Shape is not { } || Cuts(op) is not { } cuts)
            return new Facts(op.First.Type, Uniform: op.First.Uniform);
        long[] shape = [.. op.First.Shape];
        foreach (Cut cut in cuts)
            shape[cut.Axis] = cut.Count;
        return Facts.Of(op.First.Type, shape, Picked(op.First, cuts), op.First.Uniform);
    }

    /// <summary>What a Slice keeps of each axis it names; null where that is not known.</summary>
    public static Cut[]? Cuts(Operation op)
    {
        long[]? starts = op.Node.Ints("starts") ?? op[1].Integers;
        long[]? ends = op.Node.Ints("ends") ?? op[2].Integers;
        if (starts is null || ends is null || op.First.Shape is not { } shape)
            return null;
        long[]? axes = op.Node.Ints("axes") ?? (op.Has(3) ? op[3].Integers : [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)]);
        long[]? steps = op.Has(4) ? op[4].Integers : [.. starts.Select(_ => 1L)];
        return axes is null || steps is null ? null : [.. starts.Select((start, i) => Cut.Of(shape, axes[i], start, ends[i], steps[i]))];
    }

    public static Facts Gather(Operation op)
    {
        if (op.First.Shape is not { } shape || op[1].Shape is not { } indexShape)
            return new Facts(op.First.Type);
        int axis = op.Axis("axis", 0, shape.Length);
        long[] result = [.. shape[..axis], .. indexShape, .. shape[(axis + 1)..]];
        double[]? contents = shape.Length == 1 && op.First.Contents is { } values && op[1].Integers is { } indices
            ? Array.ConvertAll(indices, index => values[index < 0 ? index + values.Length : index]) : null;
        return Facts.Of(op.First.Type, result, contents);
    }

    public static Facts[] Split(Operation op)
    {
        if (op.First.Shape is not { } shape || Parts(op) is not { } parts)
            return [.. op.Node.Output.Select(_ => new Facts(op.First.Type))];
        int axis = op.Axis("axis", 0, shape.Length);
        return [.. parts.Select(part => Facts.Of(op.First.Type, [.. shape[..axis], part, .. shape[(axis + 1)..]]))];
    }

    /// <summary>The lengths that a Split cuts its axis into; null where they are not known.</summary>
    public static long[]? Parts(Operation op)
    {
        if ((op.Node.Ints("split") ?? (op.Has(1) ? op[1].Integers : null)) is { } given)
            return given;
        if (op.Has(1) || op.First.Shape is not { } shape || op.Node.Output.Count == 0)
            return null;
        long whole = shape[op.Axis("axis", 0, shape.Length)];
        long part = (whole + op.Node.Output.Count - 1) / op.Node.Output.Count;
        return [.. op.Node.Output.Select((_, i) => Math.Clamp(whole - (i * part), 0, part))];
    }

    public static Facts Pad(Operation op)
    {
        if (op.First.Shape is not { } shape || (op.Node.Ints("pads") ?? op[1].Integers) is not { } pads || op.Has(3))
            return new Facts(op.First.Type);
        return new Facts(op.First.Type, [.. shape.Select((size, i) => size + pads[i] + pads[i + shape.Length])]);
    }

    private static double[]? Picked(Facts input, Cut[] cuts)
    {
        if (input.Contents is not { } values || input.Rank != 1 || cuts.Length != 1)
            return null;
        return [.. Enumerable.Range(0, checked((int)cuts[0].Count)).Select(i => values[cuts[0].Start + (i * cuts[0].Step)])];
    }
}

/// <summary>A part of one axis.</summary>
internal readonly record struct Cut(int Axis, long Start, long Count, long Step)
{
    public static Cut Of(long[] shape, long axis, long start, long end, long step)
    {
        int place = checked((int)(axis < 0 ? axis + shape.Length : axis));
        long size = shape[place];
        bool forward = step > 0;
        long from = Math.Clamp(start < 0 ? start + size : start, forward ? 0 : -1, forward ? size : size - 1);
        long to = Math.Clamp(end < 0 ? Math.Max(end, -size - 1) + size : end, forward ? 0 : -1, size);
        long count = forward ? (to - from + step - 1) / step : (from - to - step - 1) / -step;
        return new Cut(place, from, Math.Max(0, count), step);
    }
}
