using SafeDiffusion.Core.Numerics;

namespace SafeDiffusion.Bench;

/// <summary>Values to measure with, the same in every run.</summary>
internal static class Random
{
    public static float[] Normal(int length, long seed = 0)
    {
        float[] values = new float[length];
        new TorchNoise(seed).Fill(values);
        return values;
    }
}
