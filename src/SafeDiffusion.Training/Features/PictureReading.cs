using System.Collections.Immutable;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Training.Features;

/// <summary>Reads pictures that were brought along: encodes them, adds noise for each planned timestep, and keeps the UNet's features there.</summary>
internal sealed class PictureReading(LoadedModel model, FeatureCache cache, LatentShape shape)
{
    private readonly float[] _tokens = UnitTokens.Of(model.TextEncoder.Width);

    /// <summary>Reads one picture.</summary>
    /// <param name="place">Its place in the cache.</param>
    /// <param name="picture">The picture.</param>
    /// <param name="noise">What is added.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public void Read(int place, AnnotatedPicture picture, INoiseSource noise, CancellationToken cancellationToken)
    {
        float[] encoded = model.Encoder!.Encode(picture.Image, shape, model.Description.VaeScalingFactor, cancellationToken);
        TextStates caption = model.TextEncoder.Encode(model.TextEncoder.Tokenizer.Encode(picture.Caption), cancellationToken);
        float[] added = new float[shape.Length];
        using IDenoiserBatch batch = model.Denoiser.CreateBatch(1, shape, new AttentionRequest { GuidelineEmbeddings = _tokens });
        batch.SetCondition(0, caption);
        ImmutableArray<int> timesteps = cache.Plan.Timesteps;
        for (int i = 0; i < timesteps.Length; i++)
        {
            noise.Fill(added);
            model.Scheduler.AddNoise(encoded, added, timesteps[i], batch.Latents(0));
            batch.Evaluate(timesteps[i], cancellationToken);
            cache.Write(place, cache.Plan.Steps[i], batch.Attention!.DetectionScores(0));
        }
    }
}
