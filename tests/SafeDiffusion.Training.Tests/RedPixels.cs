using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Training.Annotation;

namespace SafeDiffusion.Training;

/// <summary>Marks red pixels in pictures of one kind of prompt: enough of a segmenter for the shapes model's red triangles.</summary>
internal sealed class RedPixels : IMaskAnnotator
{
    public string Description => "red pixels";

    public ConceptMask Annotate(string name, RgbImage image, CancellationToken cancellationToken = default) => new(
        image.Width, image.Height,
        [.. Enumerable.Range(0, image.Width * image.Height).Select(i => name.StartsWith("unsafe", StringComparison.Ordinal) && IsRed(image[i % image.Width, i / image.Width]))]);

    private static bool IsRed(RgbColor color) => color is { Red: > 150, Green: < 110, Blue: < 110 };
}
