using BenchmarkDotNet.Attributes;
using SafeDiffusion.Numerics;

namespace SafeDiffusion.Bench;

/// <summary>The quantile 0.9 of one channel's magnitudes, by selection and by sorting. Both copy the values first.</summary>
[MemoryDiagnoser]
public class QuantileBenchmarks
{
    private float[] _values = [];
    private float[] _scratch = [];

    /// <summary>A side of the latents.</summary>
    [Params(16, 64)]
    public int Side { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        _values = [.. Random.Normal(Side * Side).Select(MathF.Abs)];
        _scratch = new float[_values.Length];
    }

    [Benchmark]
    public float Select()
    {
        _values.CopyTo(_scratch, 0);
        return Quantile.SelectInPlace(_scratch, 0.9f);
    }

    [Benchmark(Baseline = true)]
    public float Sort()
    {
        _values.CopyTo(_scratch, 0);
        _scratch.AsSpan().Sort();
        float position = 0.9f * (_scratch.Length - 1);
        int below = (int)position;
        return _scratch[below] + (position - below) * (_scratch[below + 1] - _scratch[below]);
    }
}
