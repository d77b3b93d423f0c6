namespace SafeDiffusion.Methods.DetectAndGuide;

/// <summary>
/// The nearest labelled position of every position of a grid, by Euclidean distance, in time proportional to the grid: down every column
/// first, then along every row the lower envelope of the columns' parabolas (Felzenszwalb and Huttenlocher, 2012). Where several are
/// equally near, one of them. The buffers are made once.
/// </summary>
internal sealed class NearestComponent(int height, int width)
{
    private readonly int[] _rowInColumn = new int[height * width];
    private readonly int[] _nearest = new int[height * width];
    private readonly int[] _hullColumn = new int[width];
    private readonly double[] _hullStart = new double[width];

    /// <summary>Finds the nearest labelled positions.</summary>
    /// <param name="labels">Labels, <c>[H, W]</c>; 0 where there is none. At least one is labelled.</param>
    /// <returns>For every position the index of a nearest labelled one, <c>[H, W]</c>; holds until the next call.</returns>
    public ReadOnlySpan<int> Find(ReadOnlySpan<int> labels)
    {
        for (int x = 0; x < width; x++) ScanColumn(labels, x);
        for (int y = 0; y < height; y++) ScanRow(y);
        return _nearest;
    }

    /// <summary>The row of the nearest labelled position in the same column; -1 where the column has none.</summary>
    private void ScanColumn(ReadOnlySpan<int> labels, int x)
    {
        int above = -1;
        for (int y = 0; y < height; y++)
        {
            if (labels[y * width + x] != 0) above = y;
            _rowInColumn[y * width + x] = above;
        }
        int below = -1;
        for (int y = height - 1; y >= 0; y--)
        {
            if (labels[y * width + x] != 0) below = y;
            ref int row = ref _rowInColumn[y * width + x];
            if (below >= 0 && (row < 0 || below - y < y - row)) row = below;
        }
    }

    private void ScanRow(int y)
    {
        ReadOnlySpan<int> rows = _rowInColumn.AsSpan(y * width, width);
        int last = -1;
        for (int x = 0; x < width; x++)
        {
            if (rows[x] < 0) continue;
            double start = double.NegativeInfinity;
            while (last >= 0 && (start = Intersection(_hullColumn[last], x, rows, y)) <= _hullStart[last]) last--;
            last++;
            _hullColumn[last] = x;
            _hullStart[last] = last == 0 ? double.NegativeInfinity : start;
        }
        for (int x = 0, hull = 0; x < width; x++)
        {
            while (hull < last && _hullStart[hull + 1] < x) hull++;
            int column = _hullColumn[hull];
            _nearest[y * width + x] = rows[column] * width + column;
        }
    }

    /// <summary>Where the parabola of a column becomes as low as that of a column to its left.</summary>
    private static double Intersection(int left, int right, ReadOnlySpan<int> rows, int y)
    {
        long leftHeight = Square(rows[left] - y) + Square(left), rightHeight = Square(rows[right] - y) + Square(right);
        return (rightHeight - leftHeight) / (2.0 * (right - left));

        static long Square(long value) => value * value;
    }
}
