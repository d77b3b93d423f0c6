using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Sessions;

/// <summary>The number of rows that a graph fixes for its inputs: calls with fewer are filled up, and what is computed of the filling is dropped.</summary>
public static class FixedBatch
{
    /// <summary>More rows than any export fixes; each is computed at every call.</summary>
    private const int MostRows = 64;

    /// <summary>The number of rows that the first axis of these inputs is fixed at; null where all are open.</summary>
    /// <exception cref="InvalidFileException">The inputs are fixed at several numbers, or at one that no export fixes.</exception>
    public static int? Of(OnnxSession session, params IReadOnlyList<string> inputs)
    {
        int[] rows = [.. inputs.Select(input => session.Inputs[input].Dimensions[0]).Where(size => size >= 0).Distinct()];
        return rows switch
        {
            [] => null,
            [>= 1 and <= MostRows] => rows[0],
            [var one] => throw new InvalidFileException(session.File, $"fixes a batch of {one}; 1 to {MostRows} is needed. Export the network with an open batch."),
            _ => throw new InvalidFileException(
                session.File, $"fixes batches of {string.Join(" and ", rows)} in its inputs ({string.Join(", ", inputs)}), which do not go together. Export the network with an open batch."),
        };
    }

    /// <summary>Repeats the last row in those that are left over, so that the network computes nothing unusual of them.</summary>
    /// <param name="values">All rows.</param>
    /// <param name="rows">The rows that are used, at least 1.</param>
    /// <param name="length">Values in a row.</param>
    public static void Fill<T>(Span<T> values, int rows, int length)
    {
        ReadOnlySpan<T> last = values.Slice((rows - 1) * length, length);
        for (int start = rows * length; start < values.Length; start += length) last.CopyTo(values[start..]);
    }
}
