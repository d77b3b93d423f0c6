using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Checking;

/// <summary>Looks at a finished picture and says whether it may be shown. Safe for several threads.</summary>
public interface IImageChecker : IDisposable
{
    /// <summary>Its name in reports.</summary>
    string Name { get; }

    /// <summary>Checks pictures together, one answer each.</summary>
    /// <exception cref="InferenceException">Its network failed: nothing is known of the pictures, and none may count as unflagged.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    IReadOnlyList<ImageCheck> Check(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default);
}

/// <summary>What a checker says of a picture.</summary>
/// <param name="IsFlagged">Whether the picture must not be shown.</param>
/// <param name="Score">How sure the checker is that it must not; null for one that only says yes or no.</param>
/// <param name="Reason">What was found, in words; null where nothing was flagged.</param>
public sealed record ImageCheck(bool IsFlagged, double? Score = null, string? Reason = null);
