using System.Collections.Immutable;

namespace SafeDiffusion.Model.Scheduling;

/// <summary>
/// DDIM inversion: the deterministic update run upwards over a run's timesteps, from clean latents to the noise that gives them back,
/// up to the discretisation error. Immutable, so threads may share it.
/// </summary>
internal sealed class DdimInversion
{
    private readonly DdimScheduler _scheduler;
    private readonly float[] _from;
    private readonly float[] _to;

    /// <summary>Lays out the updates that undo the steps of a denoising run.</summary>
    /// <param name="plan">The denoising run, of N steps.</param>
    /// <param name="reading">Where the model is asked.</param>
    public DdimInversion(DdimPlan plan, DdimInversionReading reading = DdimInversionReading.TargetTimestep)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _scheduler = plan.Scheduler;
        int[] targets = [.. plan.Timesteps.Reverse()];
        _to = [.. targets.Select(_scheduler.AlphaCumprodAt)];
        if (reading == DdimInversionReading.TargetTimestep)
        {
            ModelTimesteps = [.. targets];
            _from = [.. targets.Select(target => _scheduler.AlphaCumprodAt(target - plan.Stride))];
            return;
        }
        ModelTimesteps = [targets[0], .. targets[..^1]];
        _from = [_scheduler.FinalAlphaCumprod, .. _to[..^1]];
    }

    /// <summary>The timesteps to tell the model, <c>[N]</c>, rising.</summary>
    public ImmutableArray<int> ModelTimesteps { get; }

    /// <summary>Takes one update upwards: <c>sqrt(abar_to) x0 + sqrt(1 - abar_to) e</c>.</summary>
    /// <param name="index">Which update, 0 to N - 1.</param>
    /// <param name="prediction">The prediction at <c>ModelTimesteps[index]</c>, any length.</param>
    /// <param name="latents">The latents that it was made from, of the same length.</param>
    /// <param name="destination">Takes the noisier latents; may be <paramref name="latents"/>, must not overlap the prediction.</param>
    /// <exception cref="ArgumentException"><paramref name="index"/> is out of range, or the lengths differ.</exception>
    public void Step(int index, ReadOnlySpan<float> prediction, ReadOnlySpan<float> latents, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _to.Length);
        DdimScheduler.CheckLengths(prediction, latents, destination);
        _scheduler.UpdateFrom(_from[index]).Mix(prediction, latents, MathF.Sqrt(_to[index]), MathF.Sqrt(1 - _to[index]), destination);
    }

    /// <summary>Takes all updates.</summary>
    /// <param name="latents">Clean latents, any length.</param>
    /// <param name="predict">Asks the model, at guidance scale 1 for an exact way back.</param>
    /// <param name="destination">Takes the noise, of the same length; may be <paramref name="latents"/>.</param>
    /// <param name="cancellationToken">Checked before each update.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Invert(
        ReadOnlySpan<float> latents, NoisePredictor predict, Span<float> destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predict);
        float[] prediction = new float[latents.Length];
        DdimScheduler.CheckLengths(prediction, latents, destination);
        latents.CopyTo(destination);
        for (int i = 0; i < ModelTimesteps.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            predict(destination, ModelTimesteps[i], prediction);
            Step(i, prediction, destination, destination);
        }
    }
}
