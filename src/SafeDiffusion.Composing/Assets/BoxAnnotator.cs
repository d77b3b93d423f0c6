using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Training.Annotation;

namespace SafeDiffusion.Composing.Assets;

/// <summary>Marks the boxes in which a judge finds a label: a detector's, for concepts that nobody draws masks of.</summary>
/// <param name="judge">The judge; what it finds without a box, it cannot mark.</param>
/// <param name="label">The label.</param>
public sealed class BoxAnnotator(IImageJudge judge, string label) : IMaskAnnotator
{
    /// <inheritdoc/>
    public string Description => $"boxes of the judge {judge.Name} ({judge.Fingerprint})";

    /// <inheritdoc/>
    public ConceptMask? Annotate(string name, RgbImage image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        Judgement judgement = judge.Judge([image], cancellationToken)[0];
        Finding[] found = [.. judgement.Findings.Where(finding => finding.Label == label)];
        if (!judgement.IsClean || found.Any(finding => finding.Box is null)) return null;
        bool[] pixels = new bool[image.Width * image.Height];
        foreach (ImageBox box in found.Select(finding => finding.Box!.Value))
        {
            int left = Math.Clamp(box.X, 0, image.Width), right = Math.Clamp(box.X + box.Width, left, image.Width);
            for (int y = Math.Max(0, box.Y); y < Math.Min(image.Height, box.Y + box.Height); y++) pixels.AsSpan((y * image.Width) + left, right - left).Fill(true);
        }
        return new ConceptMask(image.Width, image.Height, pixels);
    }
}
