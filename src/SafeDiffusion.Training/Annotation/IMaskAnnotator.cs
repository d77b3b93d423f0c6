using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Training.Annotation;

/// <summary>Says which pixels of a picture show the concept that is to be learned.</summary>
public interface IMaskAnnotator
{
    /// <summary>How it finds the concept, in a few words, for the asset's record of its training.</summary>
    string Description { get; }

    /// <summary>Marks the concept in a picture.</summary>
    /// <param name="name">The picture's name, without extension: that of its file, or <c>unsafe-000</c>, <c>safe-000</c>, … for generated ones.</param>
    /// <param name="image">The picture.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>
    /// The marked pixels, of the picture's size; an empty mask where it does not show the concept; null where that cannot be told, so that the
    /// picture is left out.
    /// </returns>
    /// <exception cref="SafeDiffusionException">The picture cannot be annotated.</exception>
    ConceptMask? Annotate(string name, RgbImage image, CancellationToken cancellationToken = default);
}
