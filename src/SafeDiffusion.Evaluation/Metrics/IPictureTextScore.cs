using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>Scores how well pictures and texts go together, such as the CLIP score.</summary>
public interface IPictureTextScore
{
    /// <summary>What the score is, for the report.</summary>
    string Name { get; }

    /// <summary>The scores of pictures with their texts, one each; higher where they go together better.</summary>
    /// <param name="images">The pictures.</param>
    /// <param name="texts">The texts, as many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InferenceException">Its network failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    IReadOnlyList<double> Score(IReadOnlyList<RgbImage> images, IReadOnlyList<string> texts, CancellationToken cancellationToken = default);
}
