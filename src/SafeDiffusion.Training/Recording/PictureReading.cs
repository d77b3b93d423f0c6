using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Training.Annotation;

namespace SafeDiffusion.Training.Recording;

/// <summary>Reads pictures that were brought along: their features at each planned timestep are kept.</summary>
internal sealed class PictureReading(SafeDiffusionPipeline pipeline, FeatureCache cache)
{
    private readonly float[] _tokens = UnitTokens.Of(pipeline.Model.TextWidth);

    /// <summary>Reads one picture.</summary>
    /// <param name="place">Its place in the cache.</param>
    /// <param name="picture">The picture.</param>
    /// <param name="noise">What is added.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public Task ReadAsync(int place, AnnotatedPicture picture, INoiseSource noise, CancellationToken cancellationToken) => pipeline.ReadScoresAsync(
        picture.Image, picture.Caption, _tokens, cache.Plan.Timesteps, noise, (i, features) => cache.Write(place, cache.Plan.Steps[i], features), cancellationToken);
}
