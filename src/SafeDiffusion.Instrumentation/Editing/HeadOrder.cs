using SafeDiffusion.Instrumentation.Tracing;

namespace SafeDiffusion.Instrumentation.Editing;

/// <summary>The order in which a value counts batch (0), heads (1), positions (2) and head width (3).</summary>
internal static class HeadOrder
{
    public static long[] Of(AttentionCore core)
    {
        List<long> order = [];
        foreach (Atom atom in core.OutputLayout.Atoms)
            order.AddRange(Meaning(atom, core.ValueColumns).Where(meaning => !order.Contains(meaning)));
        for (long meaning = 0; meaning < 4; meaning++)
        {
            if (!order.Contains(meaning))
                order.Insert((int)Math.Min(meaning, order.Count), meaning);
        }
        return [.. order];
    }

    private static long[] Meaning(Atom atom, HeadColumns columns) => atom.Kind switch
    {
        AxisKind.Batch => [0],
        AxisKind.Position => [2],
        _ when atom.Size == columns.Heads * columns.Width => [1, 3],
        _ when atom.Stride == columns.Width => [1],
        _ => [3],
    };
}
