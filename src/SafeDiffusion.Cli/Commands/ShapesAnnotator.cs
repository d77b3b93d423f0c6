using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Judging.Shapes;
using SafeDiffusion.Imaging;
using SafeDiffusion.Training.Annotation;

namespace SafeDiffusion.Cli.Commands;

/// <summary>Marks a coloured shape in pictures of the shapes model, exactly.</summary>
internal sealed class ShapesAnnotator : IMaskAnnotator
{
    private readonly string _label;

    /// <exception cref="InvalidRequestException">The concept is no coloured shape.</exception>
    public ShapesAnnotator(string concept)
    {
        _label = concept.Trim().ToLowerInvariant();
        if (!ShapesWorld.Labels.Contains(_label)) throw new InvalidRequestException("--annotator", $"is shapes, which knows no '{concept}'; known are colours and shapes such as '{ShapesWorld.Labels[0]}'.");
    }

    public string Description => "shapes world";

    public ConceptMask Annotate(string name, RgbImage image, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ConceptMask(image.Width, image.Height, ShapesJudge.FindMask(image, _label));
    }
}
