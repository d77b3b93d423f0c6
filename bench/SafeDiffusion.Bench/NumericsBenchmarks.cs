using BenchmarkDotNet.Attributes;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Model.Scheduling;

namespace SafeDiffusion.Bench;

/// <summary>Noise and the scheduler's step, on the latents of 512x512 pixels: [4, 64, 64].</summary>
[MemoryDiagnoser]
public class NumericsBenchmarks
{
    private const int Length = 4 * 64 * 64;

    private readonly DdimPlan _plan = new DdimScheduler(new SchedulerSettings { ClipSample = false }).CreatePlan(50);
    private readonly TorchNoise _noise = new(0);
    private readonly float[] _latents = Random.Normal(Length, 1);
    private readonly float[] _prediction = Random.Normal(Length, 2);
    private readonly float[] _next = new float[Length];

    [Benchmark]
    public void TorchNoise() => _noise.Fill(_next);

    [Benchmark]
    public void DdimStep() => _plan.Step(25, _prediction, _latents, _next);
}
