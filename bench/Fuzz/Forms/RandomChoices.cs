namespace Fuzz.Forms;

/// <summary>Choices by chance.</summary>
internal static class RandomChoices
{
    /// <summary>Numbers at which something begins or ends.</summary>
    private static readonly long[] _boundaries =
    [
        0, 1, -1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 1000, 1 << 15, short.MaxValue, ushort.MaxValue, 1 << 16, 1 << 20, 1 << 24,
        int.MaxValue, 1L + int.MaxValue, int.MinValue, uint.MaxValue, 1L << 32, 1L << 40, 1L << 53, 1L << 62, long.MaxValue, long.MinValue,
    ];

    public static T Pick<T>(this Random random, IReadOnlyList<T> list) => list[random.Next(list.Count)];

    public static bool OneIn(this Random random, int count) => random.Next(count) == 0;

    public static long Boundary(this Random random) => random.Pick(_boundaries);

    /// <summary>0 to below a limit, the small ones more often.</summary>
    public static int Skewed(this Random random, int limit) => random.Next(random.Next(limit) + 1);
}
