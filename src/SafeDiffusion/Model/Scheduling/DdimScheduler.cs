using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Model.Scheduling;

/// <summary>
/// DDIM (Song et al. 2020) with the noise schedule of a model, as diffusers' <c>DDIMScheduler</c>. Immutable, so threads may share it.
/// The model's input is not scaled, and the initial latents are standard normal.
/// </summary>
internal sealed class DdimScheduler
{
    private readonly float[] _alphasCumprod;

    /// <summary>Computes the schedule.</summary>
    /// <param name="settings">The model's settings.</param>
    /// <exception cref="InvalidRequestException">A setting is out of its range; the message names it.</exception>
    public DdimScheduler(SchedulerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.FindFault() is ({ } field, { } reason)) throw new InvalidRequestException(field, reason);
        Settings = settings;
        _alphasCumprod = NoiseSchedule.AccumulateAlphas(NoiseSchedule.ComputeBetas(settings));
        FinalAlphaCumprod = settings.SetAlphaToOne ? 1 : _alphasCumprod[0];
    }

    /// <summary>The settings.</summary>
    public SchedulerSettings Settings { get; }

    /// <summary><c>abar_t</c> of the training timesteps, <c>[T]</c>, falling within 1 to 0: the share of signal, as a variance.</summary>
    public ReadOnlySpan<float> AlphasCumprod => _alphasCumprod;

    /// <summary>The <c>abar</c> at which the last step ends: 1 or that of timestep 0.</summary>
    public float FinalAlphaCumprod { get; }

    /// <summary>Lays out a number of denoising steps.</summary>
    /// <param name="steps">N, 1 to T.</param>
    /// <exception cref="InvalidRequestException">
    /// <paramref name="steps"/> is out of range, leads to a timestep the model was not trained for, or to one where a noise prediction
    /// says nothing about the picture (<c>abar = 0</c>).
    /// </exception>
    public DdimPlan CreatePlan(int steps) => new(this, steps);

    /// <summary>Writes <c>x0</c>, the picture's latents as the model sees them at this step, clipped where the settings say so.</summary>
    /// <param name="timestep">The timestep of the latents, 0 to T - 1.</param>
    /// <param name="prediction">The model's prediction, any length.</param>
    /// <param name="latents">The latents, of the same length.</param>
    /// <param name="destination">Of the same length; may be <paramref name="latents"/>, must not overlap anything else.</param>
    /// <exception cref="InvalidRequestException">
    /// <paramref name="timestep"/> is out of range, or a noise prediction says nothing there (<c>abar = 0</c>).
    /// </exception>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void PredictOriginal(int timestep, ReadOnlySpan<float> prediction, ReadOnlySpan<float> latents, Span<float> destination)
    {
        CheckTimestep(timestep);
        CheckLengths(prediction, latents, destination);
        UpdateFrom(_alphasCumprod[timestep]).PredictOriginal(prediction, latents, destination);
    }

    /// <summary>Writes <c>sqrt(abar) original + sqrt(1 - abar) noise</c>: latents as they would be at a timestep.</summary>
    /// <param name="original">Clean latents, any length.</param>
    /// <param name="noise">Standard normal values, of the same length.</param>
    /// <param name="timestep">The timestep to noise to, 0 to T - 1.</param>
    /// <param name="destination">Of the same length; may be <paramref name="original"/>, must not overlap the noise.</param>
    /// <exception cref="InvalidRequestException"><paramref name="timestep"/> is out of range.</exception>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void AddNoise(ReadOnlySpan<float> original, ReadOnlySpan<float> noise, int timestep, Span<float> destination)
    {
        CheckTimestep(timestep);
        CheckLengths(noise, original, destination);
        float alphaCumprod = _alphasCumprod[timestep];
        TensorPrimitives.Multiply(original, MathF.Sqrt(alphaCumprod), destination);
        TensorPrimitives.MultiplyAdd(noise, MathF.Sqrt(1 - alphaCumprod), destination, destination);
    }

    /// <summary><c>abar</c> of a timestep; below 0 the final one.</summary>
    internal float AlphaCumprodAt(int timestep) => timestep < 0 ? FinalAlphaCumprod : _alphasCumprod[timestep];

    /// <summary>The update that starts from latents of this level.</summary>
    internal DdimUpdate UpdateFrom(float alphaCumprod)
    {
        if (alphaCumprod == 0 && Settings.PredictionType == PredictionType.Epsilon)
        {
            throw new InvalidRequestException("prediction_type",
                "is epsilon, but a timestep has abar = 0, where noise says nothing about the picture; "
                + "use leading spacing, or a model of v_prediction");
        }
        return new DdimUpdate(Settings.PredictionType, Settings.ClipSample ? Settings.ClipSampleRange : null, alphaCumprod);
    }

    internal static void CheckLengths(ReadOnlySpan<float> prediction, ReadOnlySpan<float> latents, ReadOnlySpan<float> destination)
    {
        bool areEqual = prediction.Length == latents.Length && latents.Length == destination.Length;
        if (!areEqual) throw new ArgumentException($"The lengths differ: {prediction.Length}, {latents.Length} and {destination.Length}.");
    }

    private void CheckTimestep(int timestep)
    {
        if (timestep >= 0 && timestep < _alphasCumprod.Length) return;
        throw new InvalidRequestException("timestep", $"is {timestep}; give 0 to {_alphasCumprod.Length - 1}");
    }
}
