using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Model.Loading;

/// <summary>Runs each of a model's networks once on a small input: a graph that loads may still fail when it runs.</summary>
internal sealed class NetworkTrial(LoadedModel model, CancellationToken cancellationToken)
{
    private const int UsualLatents = 8;

    /// <summary>Runs them, and tells the name of each before.</summary>
    /// <exception cref="InferenceException">A network failed, or gave values that are not finite; the error names it and says what to do.</exception>
    public void Run(IProgress<string>? progress)
    {
        ModelDescription description = model.Description;
        LatentShape shape = new(description.LatentChannels, Latents(description.Height), Latents(description.Width));
        TextStates text = Try("text_encoder", () => model.TextEncoder.Encode(model.TextEncoder.Tokenizer.Encode(""), cancellationToken));
        float[] latents = new float[shape.Length];
        Try("unet", () => RunUNet(shape, text, latents));
        Try("vae_decoder", () => model.Decoder.Decode(latents, shape, description.VaeScalingFactor, description.VaeFactor, cancellationToken));
        if (model.Encoder is { } encoder) Try("vae_encoder", () => Encode(encoder));

        int Latents(int pixels) => (description.HasFixedSize ? pixels : Small(pixels)) / description.VaeFactor;

        int Small(int pixels)
        {
            int multiple = description.SizeMultiple;
            int wanted = UsualLatents * description.VaeFactor;
            return Math.Min(pixels, (wanted + multiple - 1) / multiple * multiple);
        }

        float[] Encode(Vae.VaeEncoder encoder)
        {
            int width = encoder.FixedWidth ?? shape.Width * description.VaeFactor, height = encoder.FixedHeight ?? shape.Height * description.VaeFactor;
            LatentShape encoded = shape with { Height = height / description.VaeFactor, Width = width / description.VaeFactor };
            return encoder.Encode(new RgbImage(width, height, new byte[RgbImage.Channels * width * height]), encoded, description.VaeScalingFactor, cancellationToken);
        }

        T Try<T>(string network, Func<T> run)
        {
            progress?.Report(network);
            try
            {
                return run();
            }
            catch (InferenceException error)
            {
                throw new InferenceException(
                    network, $"loads, but does not run on a small input: {error.Message} Export it again, or try another provider; the model cannot be used so.", innerException: error);
            }
        }
    }

    private float RunUNet(LatentShape shape, TextStates text, float[] latents)
    {
        using IDenoiserBatch batch = model.Denoiser.CreateBatch(1, shape);
        batch.SetInputs(0, new RowInputs(text));
        batch.Latents(0).Fill(0.5f);
        batch.Evaluate(model.Scheduler.CreatePlan(1).Timesteps[0], cancellationToken);
        batch.Prediction(0).CopyTo(latents);
        float largest = System.Numerics.Tensors.TensorPrimitives.MaxMagnitude<float>(latents);
        return float.IsFinite(largest) ? largest : throw new InferenceException("unet", "gave a value that is not a finite number.");
    }
}
