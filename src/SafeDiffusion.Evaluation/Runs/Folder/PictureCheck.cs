using System.Security.Cryptography;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Runs.Folder;

/// <summary>Checks that the pictures that results tell of are those that were drawn, by the hash of their pixels.</summary>
internal static class PictureCheck
{
    /// <summary>The SHA-256 of a picture's pixels, in hexadecimal.</summary>
    public static string HashOf(RgbImage image) => Convert.ToHexStringLower(SHA256.HashData(image.Pixels.Span));

    /// <summary>The pictures that are gone, damaged, or not those that were drawn.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="results">The results.</param>
    public static LostPicture[] Lost(string folder, IEnumerable<PictureResult> results)
    {
        PictureFolder pictures = new(folder);
        return [.. results.Select(result => (result.Image, result.PixelsHash)).Distinct().AsParallel().AsOrdered()
            .Select(picture => (picture.Image, picture.PixelsHash, Fault: Fault(pictures, picture.Image, picture.PixelsHash)))
            .Where(picture => picture.Fault is not null)
            .Select(picture => new LostPicture(picture.Image, picture.PixelsHash, picture.Fault!))];
    }

    private static string? Fault(PictureFolder pictures, string image, string hash)
    {
        try
        {
            return HashOf(pictures.Load(image)) == hash ? null : "is not the picture that was drawn";
        }
        catch (Exception error) when (error is InvalidFileException or ArgumentException)
        {
            return error is InvalidFileException file ? file.Reason : "has no name";
        }
    }
}

/// <summary>A picture of a result that cannot be counted.</summary>
/// <param name="Image">Its file, relative to the run's folder.</param>
/// <param name="PixelsHash">The hash that its pixels should have.</param>
/// <param name="Reason">What is wrong with it, as a clause.</param>
internal sealed record LostPicture(string Image, string PixelsHash, string Reason);
