using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>Turns pictures into feature vectors, between whose distributions distances are measured.</summary>
public interface IFeatureExtractor
{
    /// <summary>What the features are, for the report.</summary>
    string Name { get; }

    /// <summary>The features of pictures, one vector each, all of the same length.</summary>
    /// <exception cref="InferenceException">Its network failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    IReadOnlyList<float[]> Extract(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default);
}
