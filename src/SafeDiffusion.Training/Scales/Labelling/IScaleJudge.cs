using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Training.Scales.Labelling;

/// <summary>Says which suppression scale is the best for a prompt and seed, of pictures drawn at several.</summary>
public interface IScaleJudge
{
    /// <summary>How it judges, in a few words, for the adapter's record of its training.</summary>
    string Description { get; }

    /// <summary>Refuses concepts that it cannot judge, before anything is drawn.</summary>
    /// <exception cref="SafeDiffusionException">It knows no such concept.</exception>
    void Require(ScaleConcept concept);

    /// <summary>The best scale.</summary>
    /// <param name="series">The pictures.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>The scale, at least 0; null where it cannot be told, so that the pictures are left out.</returns>
    /// <exception cref="SafeDiffusionException">The pictures cannot be judged.</exception>
    float? BestScale(ScaleSeries series, CancellationToken cancellationToken = default);
}

/// <summary>Pictures of one prompt and seed, with a concept inhibited at increasing scales.</summary>
/// <param name="Concept">The concept.</param>
/// <param name="Prompt">The prompt.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Scales">The scales, from 0 up.</param>
/// <param name="Images">A picture each.</param>
public sealed record ScaleSeries(ScaleConcept Concept, string Prompt, long Seed, IReadOnlyList<float> Scales, IReadOnlyList<RgbImage> Images);
