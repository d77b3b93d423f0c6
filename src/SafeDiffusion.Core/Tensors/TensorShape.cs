using System.Globalization;

namespace SafeDiffusion.Core.Tensors;

/// <summary>Arithmetic on shapes that come from files.</summary>
internal static class TensorShape
{
    /// <summary>Counts the elements of a shape; false where a dimension is negative or the bytes do not fit 63 bits.</summary>
    public static bool TryCount(ReadOnlySpan<long> shape, int elementSize, out long count, out long bytes)
    {
        UInt128 total = (UInt128)elementSize;
        count = bytes = 0;
        foreach (long dimension in shape)
        {
            if (dimension < 0) return false;
            total *= (UInt128)dimension;
            if (total > long.MaxValue) return false;
        }
        bytes = (long)total;
        count = bytes / elementSize;
        return true;
    }

    /// <summary>A shape as the messages show it: "[1, 4, 64, 64]".</summary>
    public static string Describe(ReadOnlySpan<long> shape) =>
        $"[{string.Join(", ", shape.ToArray().Select(dimension => dimension.ToString(CultureInfo.InvariantCulture)))}]";
}
