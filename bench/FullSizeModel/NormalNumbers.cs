using System.Runtime.InteropServices;

namespace FullSizeModel;

/// <summary>
/// Normal numbers, four from each 64 random bits: 16 bits choose one of 65536 quantiles. Coarse (nothing beyond 4.3 deviations), and an
/// order of magnitude faster than exact ones; timings do not see the difference.
/// </summary>
internal static class NormalNumbers
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;
    private static readonly float[] _quantiles = [.. Enumerable.Range(0, 1 << 16).Select(i => (float)Quantile((i + 0.5) / (1 << 16)))];

    /// <summary>Fills with the numbers that belong to a seed, on any machine.</summary>
    public static void Fill(Span<float> values, ulong seed, float mean, float deviation)
    {
        float[] quantiles = _quantiles;
        ulong state = seed;
        int i = 0;
        for (; i + 4 <= values.Length; i += 4)
        {
            ulong bits = Mixed(state += GoldenGamma);
            values[i] = mean + deviation * quantiles[(ushort)bits];
            values[i + 1] = mean + deviation * quantiles[(ushort)(bits >> 16)];
            values[i + 2] = mean + deviation * quantiles[(ushort)(bits >> 32)];
            values[i + 3] = mean + deviation * quantiles[(ushort)(bits >> 48)];
        }
        for (ulong bits = Mixed(state + GoldenGamma); i < values.Length; i++, bits >>= 16) values[i] = mean + deviation * quantiles[(ushort)bits];
    }

    /// <summary>A seed made from a name and a place, the same in every run.</summary>
    public static ulong Seed(string name, long place)
    {
        ulong seed = (ulong)place * GoldenGamma;
        foreach (byte unit in MemoryMarshal.AsBytes(name.AsSpan())) seed = Mixed(seed ^ unit);
        return seed;
    }

    /// <summary>SplitMix64's output function.</summary>
    private static ulong Mixed(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }

    /// <summary>The normal distribution's quantile (Abramowitz and Stegun, 26.2.23), with an error below 4.5e-4.</summary>
    private static double Quantile(double probability)
    {
        if (probability > 0.5) return -Quantile(1 - probability);
        double t = Math.Sqrt(-2 * Math.Log(probability));
        return -(t - ((0.010328 * t + 0.802853) * t + 2.515517) / (((0.001308 * t + 0.189269) * t + 1.432788) * t + 1));
    }
}
