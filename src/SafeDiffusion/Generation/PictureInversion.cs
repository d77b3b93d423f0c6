using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Generation;

/// <summary>A picture taken up the noise levels of a run by DDIM inversion: latents that lead back to it under the same text at guidance scale 1.</summary>
/// <param name="model">The model.</param>
/// <param name="plan">The run's timesteps.</param>
/// <param name="shape">The shape of the picture's latents.</param>
/// <param name="text">The text that it is inverted under; empty for the null text.</param>
/// <param name="firstStep">The step at whose level the inversion ends.</param>
internal sealed class PictureInversion(LoadedModel model, DdimPlan plan, LatentShape shape, string text, int firstStep)
{
    private readonly float[][] _levels = new float[plan.Timesteps.Length + 1][];

    /// <summary>UNet rows that one way costs.</summary>
    public int Steps => plan.Timesteps.Length - firstStep;

    /// <summary>The latents at the level of a step, <c>[C, H, W]</c>; of the step after the last the encoded picture itself.</summary>
    public ReadOnlySpan<float> At(int step) => _levels[step];

    /// <summary>Encodes the picture.</summary>
    public void Encode(RgbImage image, CancellationToken cancellationToken) =>
        _levels[^1] = model.Encoder!.Encode(image, shape, model.Description.VaeScalingFactor, cancellationToken);

    /// <summary>Takes the encoded picture up to the level of the first step.</summary>
    /// <exception cref="InferenceException">The network failed, or gave values that are not finite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Invert(Action? afterStep, CancellationToken cancellationToken)
    {
        DdimInversion inversion = new(plan);
        using IDenoiserBatch batch = CreateBatch(cancellationToken);
        for (int i = 0; i < Steps; i++)
        {
            int step = plan.Timesteps.Length - 1 - i;
            _levels[step] = new float[shape.Length];
            inversion.Step(i, Predict(batch, _levels[step + 1], inversion.ModelTimesteps[i], cancellationToken), _levels[step + 1], _levels[step]);
            afterStep?.Invoke();
        }
    }

    /// <summary>Goes the way back as it came, to see what inversion loses.</summary>
    /// <returns>The latents, <c>[C, H, W]</c>: the encoded picture's, up to the error.</returns>
    /// <inheritdoc cref="Invert"/>
    public float[] Reconstruct(Action? afterStep, CancellationToken cancellationToken)
    {
        float[] latents = [.. _levels[firstStep]];
        using IDenoiserBatch batch = CreateBatch(cancellationToken);
        for (int step = firstStep; step < plan.Timesteps.Length; step++)
        {
            plan.Step(step, Predict(batch, latents, plan.Timesteps[step], cancellationToken), latents, latents);
            afterStep?.Invoke();
        }
        return latents;
    }

    private IDenoiserBatch CreateBatch(CancellationToken cancellationToken)
    {
        IDenoiserBatch batch = model.Denoiser.CreateBatch(1, shape);
        TextStatesCache texts = new(model.TextEncoder, cancellationToken);
        batch.SetInputs(0, new RowInputs(texts.Encode(text, SpecialTokenHandling.Escape)));
        return batch;
    }

    private static ReadOnlySpan<float> Predict(IDenoiserBatch batch, float[] latents, int timestep, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        latents.CopyTo(batch.Latents(0));
        batch.Evaluate(timestep, cancellationToken);
        ReadOnlySpan<float> prediction = batch.Prediction(0);
        if (float.IsFinite(TensorPrimitives.MaxMagnitude(prediction))) return prediction;
        throw new InferenceException("unet", $"gave a value that is not a finite number at timestep {timestep} of the inversion. Float16 exports overflow here at times: use the float32 one.");
    }
}
