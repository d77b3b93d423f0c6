namespace SafeDiffusion.Core.Imaging.Comparing;

/// <summary>What holds of two pictures that are compared.</summary>
internal static class PicturePairs
{
    public static void RequireSameSize(RgbImage first, RgbImage second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Width != second.Width || first.Height != second.Height)
        {
            throw new ArgumentException(
                $"Pictures of {first.Width}x{first.Height} and of {second.Width}x{second.Height} pixels cannot be compared pixel by pixel.");
        }
    }

    public static void RequireMask(RgbImage image, ReadOnlySpan<bool> mask)
    {
        if (mask.Length != image.Width * image.Height) throw new ArgumentException($"A mask of {mask.Length} values does not cover {image.Width}x{image.Height} pixels.");
    }
}
