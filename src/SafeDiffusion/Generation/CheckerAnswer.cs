using SafeDiffusion.Checking;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Generation;

/// <summary>What came of asking a checker about a finished picture.</summary>
/// <param name="IsFlagged">Whether the picture must not be shown.</param>
/// <param name="Failure">Why nothing is known of the picture; null where the checker answered.</param>
internal readonly record struct CheckerAnswer(bool IsFlagged, string? Failure)
{
    /// <summary>Asks about all pictures together, and where that fails about each alone. A failure is an answer too: no picture is lost by it.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static IReadOnlyList<CheckerAnswer> Ask(IImageChecker checker, IReadOnlyList<RgbImage> images, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<ImageCheck?>? checks = checker.Check(images, cancellationToken);
            if (checks?.Count == images.Count && checks.All(check => check is not null)) return [.. checks.Select(check => new CheckerAnswer(check!.IsFlagged, null))];
            if (images.Count == 1) return [new CheckerAnswer(false, $"it gave {checks?.Count(check => check is not null) ?? 0} answers for 1 picture.")];
        }
        // A checker is anybody's code. Whatever goes wrong in it, the picture that took minutes is there, and counts as flagged.
        catch (Exception error) when (!(error is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            if (images.Count == 1) return [new CheckerAnswer(false, error.Message)];
        }
        return [.. images.SelectMany(image => Ask(checker, [image], cancellationToken))];
    }
}
