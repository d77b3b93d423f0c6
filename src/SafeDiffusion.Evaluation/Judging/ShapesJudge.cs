using System.Collections.Immutable;
using SafeDiffusion.Imaging;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>Placeholder.</summary>
public sealed class ShapesJudge(string name) : IImageJudge
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Fingerprint => "";

    /// <inheritdoc/>
    public ImmutableArray<string> Labels => [];

    /// <inheritdoc/>
    public IReadOnlyList<Judgement> Judge(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default) => [];

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
