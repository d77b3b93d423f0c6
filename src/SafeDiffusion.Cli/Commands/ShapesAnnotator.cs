using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.ShapesWorld;
using SafeDiffusion.ShapesWorld.Drawing;
using SafeDiffusion.Training.Annotation;

namespace SafeDiffusion.Cli.Commands;

/// <summary>Marks a coloured shape, or everything of a colour or a shape, in pictures of the shapes model, exactly.</summary>
internal sealed class ShapesAnnotator : IMaskAnnotator, IDisposable
{
    private readonly ShapesJudge _judge = new("annotator");
    private readonly string _label;

    /// <exception cref="InvalidRequestException">The concept is no coloured shape, no colour and no shape.</exception>
    public ShapesAnnotator(string concept)
    {
        _label = concept.Trim().ToLowerInvariant();
        if (!ShapesPalette.Labels.Contains(_label) && !ShapesPalette.Parts.Contains(_label)) throw new InvalidRequestException("--annotator", $"is shapes, which knows no '{concept}'; known are coloured shapes such as '{ShapesPalette.Labels[0]}', colours and shapes.");
    }

    public string Description => "shapes world";

    /// <summary>A picture with something in it that is no shape may show the concept, badly drawn: it is left out.</summary>
    public ConceptMask? Annotate(string name, RgbImage image, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_judge.Judge([image], cancellationToken)[0].IsClean) return null;
        return new ConceptMask(image.Width, image.Height, ShapesJudge.FindMask(image, _label));
    }

    public void Dispose() => _judge.Dispose();
}
