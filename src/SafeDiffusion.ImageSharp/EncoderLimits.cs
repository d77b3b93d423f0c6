using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.ImageSharp;

/// <summary>What both kinds ask of a picture that is to be written.</summary>
internal static class EncoderLimits
{
    /// <exception cref="ArgumentException">There are texts.</exception>
    /// <exception cref="InvalidRequestException">The picture is too large for the kind.</exception>
    public static void Require(RgbImage image, Stream stream, IReadOnlyDictionary<string, string>? text, int maxSide, string format)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(stream);
        if (text is { Count: > 0 }) throw new ArgumentException($"{format} holds no texts here; write a PNG to keep them.", nameof(text));
        if (image.Width > maxSide || image.Height > maxSide)
            throw new InvalidRequestException("image", $"is {image.Width}x{image.Height}; a {format} has at most {maxSide} pixels a side. Write a PNG.");
    }

    public static int RequireQuality(int value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, "quality");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 100, "quality");
        return value;
    }
}
