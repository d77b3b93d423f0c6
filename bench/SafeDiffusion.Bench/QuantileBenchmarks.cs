using BenchmarkDotNet.Attributes;
using SafeDiffusion.Core.Numerics;

namespace SafeDiffusion.Bench;

/// <summary>
/// The quantile 0.9 of a channel's magnitudes, by selection and by sorting. Both copy the values first. Many channels take turns, so
/// that the processor does not learn the comparisons of one by heart.
/// </summary>
[MemoryDiagnoser]
public class QuantileBenchmarks
{
    private const int Channels = 64;

    private float[][] _channels = [];
    private float[] _scratch = [];

    /// <summary>A side of the latents.</summary>
    [Params(16, 64)]
    public int Side { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        _channels = [.. Enumerable.Range(0, Channels).Select(seed => Random.Normal(Side * Side, seed).Select(MathF.Abs).ToArray())];
        _scratch = new float[Side * Side];
    }

    [Benchmark(OperationsPerInvoke = Channels)]
    public float Select()
    {
        float sum = 0;
        foreach (float[] channel in _channels)
        {
            channel.CopyTo(_scratch, 0);
            sum += Quantile.SelectInPlace(_scratch, 0.9f);
        }
        return sum;
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Channels)]
    public float Sort()
    {
        float position = 0.9f * (_scratch.Length - 1), sum = 0;
        int below = (int)position;
        foreach (float[] channel in _channels)
        {
            channel.CopyTo(_scratch, 0);
            _scratch.AsSpan().Sort();
            sum += _scratch[below] + (position - below) * (_scratch[below + 1] - _scratch[below]);
        }
        return sum;
    }
}
