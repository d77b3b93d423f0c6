using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Detection;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Generation;

/// <summary>Reads detection scores in given pictures, noised to given timesteps.</summary>
internal sealed class PictureScores(LoadedModel model, INoiseSource noise, CancellationToken cancellationToken)
{
    public void Read(RgbImage image, TextStates text, ReadOnlyMemory<float> guidelines, IReadOnlyList<int> timesteps, DetectionScoreSink read)
    {
        ModelDescription description = model.Description;
        LatentShape shape = new(description.LatentChannels, image.Height / description.VaeFactor, image.Width / description.VaeFactor);
        float[] encoded = model.Encoder!.Encode(image, shape, description.VaeScalingFactor, cancellationToken);
        float[] added = new float[shape.Length];
        using IDenoiserBatch batch = model.Denoiser.CreateBatch(1, shape, guidelines);
        batch.SetInputs(0, new RowInputs(text));
        for (int i = 0; i < timesteps.Count; i++)
        {
            noise.Fill(added);
            model.Scheduler.AddNoise(encoded, added, timesteps[i], batch.Latents(0));
            batch.Evaluate(timesteps[i], cancellationToken);
            read(i, batch.DetectionScores(0));
        }
    }
}
