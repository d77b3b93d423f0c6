using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Training.Annotation;

/// <summary>Reads masks that somebody drew: a PNG of the picture's name and size, bright where the concept is. A picture with no mask does not show it.</summary>
/// <param name="folder">The folder of the masks.</param>
public sealed class FolderAnnotator(string folder) : IMaskAnnotator
{
    /// <inheritdoc/>
    public string Description => "drawn masks";

    /// <inheritdoc/>
    /// <exception cref="InvalidFileException">The mask is damaged, or not of the picture's size.</exception>
    public ConceptMask Annotate(string name, RgbImage image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        cancellationToken.ThrowIfCancellationRequested();
        string file = Path.Combine(folder, name + ".png");
        if (!File.Exists(file)) return ConceptMask.Empty(image.Width, image.Height);
        RgbImage mask = RgbImage.Load(file);
        return mask.Width == image.Width && mask.Height == image.Height
            ? ConceptMask.FromImage(mask)
            : throw new InvalidFileException(file, $"is {mask.Width}x{mask.Height}, but its picture is {image.Width}x{image.Height}. Draw the mask in the picture's size.");
    }
}
