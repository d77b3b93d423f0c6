using System.Numerics.Tensors;

namespace SafeDiffusion.Model.Scheduling;

/// <summary>
/// The deterministic part of a DDIM update (Song et al. 2020, equation 12), up or down: from latents at one noise level, the predicted
/// original and noise, mixed anew for another level. Elementwise, in float32, without allocation.
/// </summary>
/// <param name="Prediction">What the UNet predicts.</param>
/// <param name="ClipRange">The original is clipped to plus and minus this; null for none.</param>
/// <param name="AlphaCumprod"><c>abar</c> of the latents' level, 0 to 1; above 0 for noise predictions.</param>
internal readonly record struct DdimUpdate(PredictionType Prediction, float? ClipRange, float AlphaCumprod)
{
    private const int BlockLength = 512;

    private float SignalScale => MathF.Sqrt(AlphaCumprod);

    private float NoiseScale => MathF.Sqrt(1 - AlphaCumprod);

    /// <summary>Writes <c>x0</c>, the predicted original.</summary>
    public void PredictOriginal(ReadOnlySpan<float> prediction, ReadOnlySpan<float> latents, Span<float> destination)
    {
        if (Prediction == PredictionType.Epsilon)
        {
            TensorPrimitives.MultiplyAdd(prediction, -NoiseScale, latents, destination);
            TensorPrimitives.Divide(destination, SignalScale, destination);
        }
        else
        {
            TensorPrimitives.Multiply(latents, SignalScale, destination);
            TensorPrimitives.MultiplyAdd(prediction, -NoiseScale, destination, destination);
        }
        if (ClipRange is not { } range) return;
        TensorPrimitives.Max(destination, -range, destination);
        TensorPrimitives.Min(destination, range, destination);
    }

    /// <summary>Writes <c>originalScale x0 + noiseScale e</c>; <paramref name="destination"/> may be <paramref name="latents"/>.</summary>
    public void Mix(
        ReadOnlySpan<float> prediction, ReadOnlySpan<float> latents, float originalScale, float noiseScale, Span<float> destination)
    {
        Span<float> buffer = stackalloc float[BlockLength];
        for (int start = 0; start < latents.Length; start += BlockLength)
        {
            int length = Math.Min(BlockLength, latents.Length - start);
            Span<float> original = buffer[..length];
            Span<float> block = destination.Slice(start, length);
            PredictOriginal(prediction.Slice(start, length), latents.Slice(start, length), original);
            WriteNoise(prediction.Slice(start, length), latents.Slice(start, length), block);
            TensorPrimitives.Multiply(block, noiseScale, block);
            TensorPrimitives.MultiplyAdd(original, originalScale, block, block);
        }
    }

    /// <summary>The predicted noise <c>e</c>, which clipping the original does not change, as in the reference.</summary>
    private void WriteNoise(ReadOnlySpan<float> prediction, ReadOnlySpan<float> latents, Span<float> destination)
    {
        if (Prediction == PredictionType.Epsilon)
        {
            prediction.CopyTo(destination);
            return;
        }
        TensorPrimitives.Multiply(latents, NoiseScale, destination);
        TensorPrimitives.MultiplyAdd(prediction, SignalScale, destination, destination);
    }
}
