namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>Arithmetic on shapes.</summary>
internal static class Sizes
{
    public static long Count(IEnumerable<long> shape)
    {
        long count = 1;
        foreach (long size in shape)
            count = checked(count * size);
        return count;
    }

    /// <exception cref="ArgumentException">The shapes do not broadcast.</exception>
    public static long[] Broadcast(long[] left, long[] right)
    {
        long[] shape = new long[Math.Max(left.Length, right.Length)];
        for (int i = 1; i <= shape.Length; i++)
        {
            long a = i <= left.Length ? left[^i] : 1;
            long b = i <= right.Length ? right[^i] : 1;
            if (a != b && a != 1 && b != 1)
                throw new ArgumentException("The shapes do not broadcast.");
            shape[^i] = a == 1 ? b : a;
        }
        return shape;
    }

    /// <summary>Where element <paramref name="index"/> of a broadcast result is found in an operand.</summary>
    public static int BroadcastIndex(int index, long[] shape, long[] operand)
    {
        long rest = index;
        long stride = 1;
        long found = 0;
        for (int i = 1; i <= operand.Length; i++)
        {
            long position = rest % shape[^i];
            rest /= shape[^i];
            found += operand[^i] == 1 ? 0 : position * stride;
            stride *= operand[^i];
        }
        return checked((int)found);
    }
}
