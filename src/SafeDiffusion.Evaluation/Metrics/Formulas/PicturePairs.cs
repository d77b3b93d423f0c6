using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Evaluation.Metrics.Formulas;

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
}
