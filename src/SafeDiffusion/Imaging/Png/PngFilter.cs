namespace SafeDiffusion.Imaging.Png;

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
        if (filter >= Count) return false;
        if (filter == 0) return true;
        for (int i = 0; i < row.Length; i++)
        {
            int left = i < distance ? 0 : row[i - distance];
            int aboveLeft = i < distance ? 0 : above[i - distance];
            row[i] += (byte)Predict(filter, left, above[i], aboveLeft);
        }
        return true;
    }

    /// <summary>Filters a row.</summary>
    /// <returns>The sum of the results' distances from 0; a small one compresses well.</returns>
    public static long Apply(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int distance, Span<byte> filtered)
    {
        long sum = 0;
        for (int i = 0; i < row.Length; i++)
        {
            int left = i < distance ? 0 : row[i - distance];
            int aboveLeft = i < distance ? 0 : above[i - distance];
            byte difference = (byte)(row[i] - Predict(filter, left, above[i], aboveLeft));
            filtered[i] = difference;
            sum += Math.Abs((int)(sbyte)difference);
        }
        return sum;
    }

    private static int Predict(int filter, int left, int above, int aboveLeft) => filter switch
    {
        1 => left,
        2 => above,
        3 => (left + above) / 2,
        4 => Paeth(left, above, aboveLeft),
        _ => 0,
    };

    private static int Paeth(int left, int above, int aboveLeft)
    {
        int fromLeft = Math.Abs(above - aboveLeft);
        int fromAbove = Math.Abs(left - aboveLeft);
        int fromAboveLeft = Math.Abs(left + above - 2 * aboveLeft);
        if (fromLeft <= fromAbove && fromLeft <= fromAboveLeft) return left;
        return fromAbove <= fromAboveLeft ? above : aboveLeft;
    }
}
