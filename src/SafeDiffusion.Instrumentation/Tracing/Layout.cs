using System.Collections.Immutable;

namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>What an axis, or a part of one, counts.</summary>
internal enum AxisKind
{
    /// <summary>Rows of the batch.</summary>
    Batch,

    /// <summary>Pixels of the feature map, or tokens.</summary>
    Position,

    /// <summary>What is attended to: the positions of the keys, once they have met the queries.</summary>
    Token,

    /// <summary>Columns of a projection: heads, and widths of heads.</summary>
    Column,
}

/// <summary>A part of an axis: <paramref name="Size"/> steps of <paramref name="Stride"/> in the count of its kind.</summary>
internal readonly record struct Atom(AxisKind Kind, long Size, long Stride);

/// <summary>
/// How a value's axes count batch, positions and columns: each axis is a list of atoms, outermost first. Reshapes and transposes of any
/// sort move atoms about; nothing is told by names or by the order of operators.
/// </summary>
internal sealed class Layout
{
    private readonly ImmutableArray<ImmutableArray<Atom>> _axes;

    private Layout(ImmutableArray<ImmutableArray<Atom>> axes, long offset)
    {
        _axes = axes;
        Offset = offset;
    }

    /// <summary>The first column that is left: more than zero where columns were cut away.</summary>
    public long Offset { get; }

    public int Rank => _axes.Length;

    public ImmutableArray<Atom> this[Index axis] => _axes[axis];

    /// <summary>All atoms, outermost first.</summary>
    public IEnumerable<Atom> Atoms => _axes.SelectMany(axis => axis);

    /// <summary>Each axis one atom, counted from its own start; several position axes count one another's pixels.</summary>
    public static Layout Of(long[] shape)
    {
        ImmutableArray<Atom>[] axes = new ImmutableArray<Atom>[shape.Length];
        long stride = 1;
        for (int i = shape.Length - 2; i > 0; i--)
        {
            axes[i] = One(AxisKind.Position, shape[i], stride);
            stride *= shape[i];
        }
        axes[0] = One(AxisKind.Batch, shape[0], 1);
        axes[^1] = One(AxisKind.Column, shape[^1], 1);
        return new Layout([.. axes], 0);
    }

    public static ImmutableArray<Atom> One(AxisKind kind, long size, long stride) => size == 1 ? [] : [new Atom(kind, size, stride)];

    public static Layout Of(IEnumerable<ImmutableArray<Atom>> axes) => new([.. axes.Select(Merged)], 0);

    public static long Size(ImmutableArray<Atom> axis) => axis.Aggregate(1L, (size, atom) => size * atom.Size);

    public Layout Transposed(int[] order) => new([.. order.Select(axis => _axes[axis])], Offset);

    public Layout TransposedLast()
    {
        int[] order = [.. Enumerable.Range(0, Rank)];
        (order[^1], order[^2]) = (order[^2], order[^1]);
        return Transposed(order);
    }

    public Layout WithLast(ImmutableArray<Atom> axis) => new(_axes.SetItem(Rank - 1, axis), Offset);

    /// <summary>The layout after a reshape; null where that would mix what belongs apart, or where a size is not known or nothing.</summary>
    public Layout? Reshaped(long[] shape)
    {
        if (IsEmpty || shape.Any(size => size < 1))
            return null;
        Queue<Atom> rest = new(Atoms);
        Atom? cut = null;
        List<ImmutableArray<Atom>> axes = [];
        foreach (long size in shape)
        {
            List<Atom> axis = [];
            long wanted = size;
            while (wanted > 1)
            {
                if ((cut ?? (rest.TryDequeue(out Atom next) ? next : null)) is not { } atom)
                    return null;
                (Atom? taken, cut) = Take(atom, wanted);
                if (taken is not { } part || wanted % part.Size != 0)
                    return null;
                axis.Add(part);
                wanted /= part.Size;
            }
            axes.Add(Merged([.. axis]));
        }
        return cut is null && rest.Count == 0 ? new Layout([.. axes], Offset) : null;
    }

    /// <summary>The layout after only a part of an axis of columns is kept; null where the part does not fit the axis's atoms.</summary>
    public Layout? Cut(int axis, long start, long count)
    {
        if (IsEmpty || axis < 0 || axis >= Rank)
            return null;
        if (count == Size(_axes[axis]))
            return this;
        if (_axes[axis].IsEmpty || _axes[axis][0] is not { Kind: AxisKind.Column } outer)
            return null;
        long inner = Size(_axes[axis]) / outer.Size;
        if (count <= 0 || start % inner != 0 || count % inner != 0)
            return null;
        ImmutableArray<Atom> kept = [.. One(AxisKind.Column, count / inner, outer.Stride), .. _axes[axis][1..]];
        return new Layout(_axes.SetItem(axis, kept), Offset + (start / inner * outer.Stride));
    }

    /// <summary>Whether an axis counts nothing: nothing can be told of such a value.</summary>
    private bool IsEmpty => Atoms.Any(atom => atom.Size < 1);

    private static (Atom? Taken, Atom? Left) Take(Atom atom, long wanted)
    {
        if (atom.Size <= wanted)
            return (atom, null);
        if (atom.Size % wanted != 0)
            return (null, null);
        long inner = atom.Size / wanted;
        return (new Atom(atom.Kind, wanted, atom.Stride * inner), atom with { Size = inner });
    }

    private static ImmutableArray<Atom> Merged(ImmutableArray<Atom> axis)
    {
        List<Atom> merged = [];
        foreach (Atom atom in axis)
        {
            if (merged.Count > 0 && merged[^1] is var outer && outer.Kind == atom.Kind && outer.Stride == atom.Stride * atom.Size)
                merged[^1] = new Atom(atom.Kind, outer.Size * atom.Size, atom.Stride);
            else
                merged.Add(atom);
        }
        return [.. merged];
    }
}
