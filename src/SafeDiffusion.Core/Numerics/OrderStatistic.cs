using System.Numerics;

namespace SafeDiffusion.Core.Numerics;

/// <summary>
/// The k-th smallest value by quickselect (Hoare 1961). The pivot is that of a small sorted sample which lies where k lies among the
/// values, as Floyd and Rivest (1975) choose theirs; so for an outer quantile most comparisons go one way.
/// </summary>
internal static class OrderStatistic
{
    private const int SampleLength = 15;

    /// <summary>Below this length sorting is quicker.</summary>
    private const int ShortLength = 2 * SampleLength;

    /// <summary>Finds the k-th smallest value, and leaves what is not greater before it and what is not smaller behind it.</summary>
    /// <param name="values">Values, none of them NaN; reordered.</param>
    /// <param name="k">From 0 to one below the number of values.</param>
    public static float SelectInPlace(Span<float> values, int k)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)k, (uint)values.Length, nameof(k));
        Span<float> rest = values;
        int index = k;
        // Halving takes log2(n) rounds. Where pivots are worse than that, the rest is sorted: n log n at most.
        for (int rounds = 2 * BitOperations.Log2((uint)values.Length); rounds > 0 && rest.Length > ShortLength; rounds--)
        {
            (int left, int right) = PartitionInPlace(rest, Pivot(rest, index));
            if (index <= right)
            {
                rest = rest[..(right + 1)];
            }
            else if (index >= left)
            {
                rest = rest[left..];
                index -= left;
            }
            else
            {
                return values[k];
            }
        }
        rest.Sort();
        return values[k];
    }

    private static float Pivot(ReadOnlySpan<float> values, int k)
    {
        Span<float> sample = stackalloc float[SampleLength];
        int stride = values.Length / SampleLength;
        for (int i = 0; i < SampleLength; i++) sample[i] = values[i * stride + stride / 2];
        sample.Sort();
        return sample[(int)((long)k * SampleLength / values.Length)];
    }

    /// <summary>
    /// Hoare's partition: afterwards values up to <c>Right</c> are not above the pivot, values from <c>Left</c> on not below it, and
    /// those between equal it. Stops at equal values, so that many equal ones are split in the middle.
    /// </summary>
    private static (int Left, int Right) PartitionInPlace(Span<float> values, float pivot)
    {
        int left = 0, right = values.Length - 1;
        while (left <= right)
        {
            while (values[left] < pivot) left++;
            while (values[right] > pivot) right--;
            if (left > right) break;
            (values[left], values[right]) = (values[right], values[left]);
            left++;
            right--;
        }
        return (left, right);
    }
}
