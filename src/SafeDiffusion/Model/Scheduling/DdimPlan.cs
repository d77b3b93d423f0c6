using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Model.Scheduling;

/// <summary>The denoising steps of one run, from noise to picture. Immutable, so threads may share it.</summary>
internal sealed class DdimPlan
{
    internal DdimPlan(DdimScheduler scheduler, int steps)
    {
        Scheduler = scheduler;
        Timesteps = ImmutableCollectionsMarshal.AsImmutableArray(TimestepLayout.Create(scheduler.Settings, steps));
        foreach (int timestep in Timesteps) scheduler.UpdateFrom(scheduler.AlphaCumprodAt(timestep));
    }

    /// <summary>The schedule that the steps follow.</summary>
    public DdimScheduler Scheduler { get; }

    /// <summary>The timesteps at which the model is asked, <c>[N]</c>, falling, each 0 to T - 1.</summary>
    public ImmutableArray<int> Timesteps { get; }

    /// <summary>How far one step goes down, in training timesteps: T / N with integer division, in every spacing.</summary>
    internal int Stride => Scheduler.Settings.TrainingTimesteps / Timesteps.Length;

    /// <summary>The first step of an image-to-image run, as in diffusers: <c>N - min(int(N strength), N)</c>.</summary>
    /// <param name="strength">How much of the image is replaced, 0 (nothing: gives N, no step is left) to 1 (all of it: gives 0).</param>
    /// <returns>The index into <see cref="Timesteps"/> to noise the image to and to start at.</returns>
    /// <exception cref="InvalidRequestException"><paramref name="strength"/> is not within 0 to 1.</exception>
    public int StartIndex(double strength)
    {
        if (strength is not (>= 0 and <= 1)) throw new InvalidRequestException("strength", $"is {strength}; give 0 to 1");
        return Timesteps.Length - Math.Min((int)(Timesteps.Length * strength), Timesteps.Length);
    }

    /// <summary>Takes one denoising step (Song et al. 2020, equations 12 and 16).</summary>
    /// <param name="index">Which step, 0 to N - 1.</param>
    /// <param name="prediction">The guided prediction at <c>Timesteps[index]</c>, any length.</param>
    /// <param name="latents">The latents that it was made from, of the same length.</param>
    /// <param name="destination">
    /// Takes the next latents; of the same length; may be <paramref name="latents"/>, must not overlap anything else.
    /// </param>
    /// <param name="eta">0 for deterministic DDIM to 1 for the noise of DDPM.</param>
    /// <param name="noise">Standard normal values, of the same length, where <paramref name="eta"/> is above 0; else not read.</param>
    /// <exception cref="InvalidRequestException"><paramref name="eta"/> is not within 0 to 1.</exception>
    /// <exception cref="ArgumentException"><paramref name="index"/> is out of range, the lengths differ, or noise is missing.</exception>
    public void Step(
        int index, ReadOnlySpan<float> prediction, ReadOnlySpan<float> latents, Span<float> destination,
        float eta = 0, ReadOnlySpan<float> noise = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Timesteps.Length);
        if (eta is not (>= 0 and <= 1)) throw new InvalidRequestException("eta", $"is {eta}; give 0 to 1");
        DdimScheduler.CheckLengths(prediction, latents, destination);
        if (eta > 0) DdimScheduler.CheckLengths(noise, latents, destination);

        float from = Scheduler.AlphaCumprodAt(Timesteps[index]);
        float to = Scheduler.AlphaCumprodAt(Timesteps[index] - Stride);
        float sigma = eta * MathF.Sqrt(Variance(from, to));
        float noiseScale = MathF.Sqrt(MathF.Max(1 - to - sigma * sigma, 0));
        Scheduler.UpdateFrom(from).Mix(prediction, latents, MathF.Sqrt(to), noiseScale, destination);
        if (eta > 0) TensorPrimitives.MultiplyAdd(noise, sigma, destination, destination);
    }

    /// <summary>How a step changes latents, without clipping and noise: what becomes of a difference in them, and of one in the prediction.</summary>
    /// <param name="index">Which step, 0 to N - 1.</param>
    /// <param name="eta">0 to 1.</param>
    public StepChange ChangeOf(int index, float eta)
    {
        float from = Scheduler.AlphaCumprodAt(Timesteps[index]), to = Scheduler.AlphaCumprodAt(Timesteps[index] - Stride);
        float signal = MathF.Sqrt(from), noise = MathF.Sqrt(1 - from), noiseScale = MathF.Sqrt(MathF.Max(1 - to - eta * eta * Variance(from, to), 0));
        return Scheduler.Settings.PredictionType == PredictionType.Epsilon
            ? new(MathF.Sqrt(to) / signal, noiseScale - MathF.Sqrt(to) * noise / signal)
            : new(MathF.Sqrt(to) * signal + noiseScale * noise, noiseScale * signal - MathF.Sqrt(to) * noise);
    }

    /// <summary>Rounding makes the variance negative where zero-SNR betas start, and no picture has less noise than none.</summary>
    private static float Variance(float from, float to) => MathF.Max((1 - to) / (1 - from) * (1 - from / to), 0);
}
