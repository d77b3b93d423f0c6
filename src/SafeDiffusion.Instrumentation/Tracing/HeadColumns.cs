namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>Which columns of a projection make which head: column <c>Offset + head * HeadStride + i * WidthStride</c>.</summary>
internal sealed record HeadColumns(long Heads, long Width, long Offset, long HeadStride, long WidthStride, long Total)
{
    /// <summary>Far more than any projection has (1280 for SD v1); what is larger would only take memory.</summary>
    public const long MostColumns = 1 << 20;

    /// <summary>Whether the columns are all heads side by side, nothing else.</summary>
    public bool IsPlain => Offset == 0 && Total == Heads * Width && (Heads == 1 || HeadStride == Width) && WidthStride == 1;

    /// <summary>The columns in order of heads.</summary>
    public long[] Indices()
    {
        long[] indices = new long[checked((int)(Heads * Width))];
        for (int i = 0; i < indices.Length; i++)
            indices[i] = Offset + (i / Width * HeadStride) + (i % Width * WidthStride);
        return indices;
    }

    /// <summary>Reads heads from the atoms of the head axis and of the width axis; null where these are not whole heads.</summary>
    public static HeadColumns? Of(Atom[] heads, Atom[] width, long offset, long total)
    {
        if (heads.Length > 1 || width.Length > 1 || heads.Concat(width).Any(atom => atom.Kind != AxisKind.Column))
            return null;
        Atom head = heads.Length == 1 ? heads[0] : new Atom(AxisKind.Column, 1, 0);
        Atom one = width.Length == 1 ? width[0] : new Atom(AxisKind.Column, 1, 1);
        if (total is < 1 or > MostColumns || head.Size is < 1 or > MostColumns || one.Size is < 1 or > MostColumns || head.Size * one.Size > total)
            return null;
        HeadColumns columns = new(head.Size, one.Size, offset, head.Stride, one.Stride, total);
        return columns.Offset + ((head.Size - 1) * head.Stride) + ((one.Size - 1) * one.Stride) < total ? columns : null;
    }
}
