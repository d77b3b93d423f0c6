using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Evaluation.Results;

/// <summary>A run's folder, from which pictures are loaded by the names that its results give; names that leave the folder are refused.</summary>
/// <param name="folder">The folder.</param>
public sealed class PictureFolder(string folder)
{
    private readonly string _path = Path.GetFullPath(folder);

    /// <summary>Loads a picture.</summary>
    /// <param name="image">Its file, relative to the folder, with forward slashes.</param>
    /// <exception cref="InvalidFileException">The name leaves the folder, or the file is missing, damaged or no picture.</exception>
    public RgbImage Load(string image)
    {
        ArgumentException.ThrowIfNullOrEmpty(image);
        bool inside = InnerPath.Fault(RealPath.Of(_path), image, "the run") is null && !image.Contains(':', StringComparison.Ordinal);
        if (!inside) throw new InvalidFileException(image, "leaves the run's folder; a picture's name must be relative and inside it.");
        try
        {
            return RgbImage.Load(Path.Combine(_path, image));
        }
        catch (InvalidFileException error)
        {
            // By its name in the run: a report that repeats the message must not depend on where the run's folder lies.
            throw new InvalidFileException(image, error.Reason, error);
        }
    }
}
