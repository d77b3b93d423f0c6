namespace SafeDiffusion.Core.Imaging.Png;

/// <summary>PNG's five row filters: each predicts a byte from the one to the left, the one above and the one above left.</summary>
internal static class PngFilter
{
    /// <summary>How many there are, numbered from 0: none, left, above, average, Paeth.</summary>
    public const int Count = 5;

    /// <summary>Restores a row in place; false where there is no such filter.</summary>
    /// <param name="filter">The filter's number.</param>
    /// <param name="row">The filtered row.</param>
    /// <param name="above">The restored row above; zeros for the first.</param>
    /// <param name="distance">Bytes from a sample to the same one of the pixel to the left.</param>
    public static bool TryUndo(int filter, Span<byte> row, ReadOnlySpan<byte> above, int distance)
    {
        switch (filter)
        {
            case 0: break;
            case 1: Undo<Left>(row, above, distance); break;
            case 2: Undo<Above>(row, above, distance); break;
            case 3: Undo<Average>(row, above, distance); break;
            case 4: Undo<Paeth>(row, above, distance); break;
            default: return false;
        }
        return true;
    }

    /// <summary>Filters a row.</summary>
    /// <returns>The sum of the results' distances from 0; a small one compresses well.</returns>
    public static long Apply(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int distance, Span<byte> filtered) => filter switch
    {
        0 => Apply<None>(row, above, distance, filtered),
        1 => Apply<Left>(row, above, distance, filtered),
        2 => Apply<Above>(row, above, distance, filtered),
        3 => Apply<Average>(row, above, distance, filtered),
        4 => Apply<Paeth>(row, above, distance, filtered),
        _ => throw new ArgumentOutOfRangeException(nameof(filter)),
    };

    private static void Undo<T>(Span<byte> row, ReadOnlySpan<byte> above, int distance) where T : struct, IPrediction
    {
        above = above[..row.Length];
        for (int i = 0; i < row.Length; i++)
        {
            int before = i - distance;
            row[i] += (byte)(before < 0 ? T.Of(0, above[i], 0) : T.Of(row[before], above[i], above[before]));
        }
    }

    private static long Apply<T>(ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int distance, Span<byte> filtered) where T : struct, IPrediction
    {
        above = above[..row.Length];
        filtered = filtered[..row.Length];
        long sum = 0;
        for (int i = 0; i < row.Length; i++)
        {
            int before = i - distance;
            byte difference = (byte)(row[i] - (before < 0 ? T.Of(0, above[i], 0) : T.Of(row[before], above[i], above[before])));
            filtered[i] = difference;
            sum += Math.Min(difference, 256 - difference);
        }
        return sum;
    }

    // Type arguments rather than a switch in the loop: the compiler makes a loop of each.
    private interface IPrediction
    {
        static abstract int Of(int left, int above, int aboveLeft);
    }

    private readonly struct None : IPrediction
    {
        public static int Of(int left, int above, int aboveLeft) => 0;
    }

    private readonly struct Left : IPrediction
    {
        public static int Of(int left, int above, int aboveLeft) => left;
    }

    private readonly struct Above : IPrediction
    {
        public static int Of(int left, int above, int aboveLeft) => above;
    }

    private readonly struct Average : IPrediction
    {
        public static int Of(int left, int above, int aboveLeft) => (left + above) >> 1;
    }

    private readonly struct Paeth : IPrediction
    {
        public static int Of(int left, int above, int aboveLeft)
        {
            int fromLeft = Math.Abs(above - aboveLeft);
            int fromAbove = Math.Abs(left - aboveLeft);
            int fromAboveLeft = Math.Abs(left + above - 2 * aboveLeft);
            if (fromLeft <= fromAbove && fromLeft <= fromAboveLeft) return left;
            return fromAbove <= fromAboveLeft ? above : aboveLeft;
        }
    }
}
