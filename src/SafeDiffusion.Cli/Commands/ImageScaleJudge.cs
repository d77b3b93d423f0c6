using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.ShapesWorld;
using SafeDiffusion.Training.Scales.Labelling;

namespace SafeDiffusion.Cli.Commands;

/// <summary>Finds the best scale by a judge of pictures: the shapes world's, or one that a suite could name.</summary>
internal sealed class ImageScaleJudge(IImageJudge judge) : ErasureScaleJudge, IDisposable
{
    private const string ShapesName = "shapes";
    private const int MaxBytes = 4 << 20;

    public override string Description => $"{judge.Name} {judge.Fingerprint[..12]}";

    /// <param name="name">The word <c>shapes</c>, or a file of a judge's settings.</param>
    /// <param name="pipeline">What the model runs on.</param>
    /// <exception cref="InvalidFileException">The file is missing, or its network is.</exception>
    /// <exception cref="InvalidRequestException">The settings are no judge's.</exception>
    public static ImageScaleJudge Of(string name, PipelineOptions pipeline)
    {
        if (name == ShapesName) return new(new ShapesJudge(ShapesName));
        if (!File.Exists(name)) throw new InvalidFileException(name, "is no file; --judge takes shapes, or a file of a judge's settings.");
        JudgeSettings settings = EvaluationFiles.Judges.Parse(BoundedFile.ReadText(name, MaxBytes));
        return new(settings.Create(Path.GetDirectoryName(Path.GetFullPath(name))!, pipeline.Provider, pipeline.Threads));
    }

    public override void Require(ScaleConcept concept)
    {
        if (judge.Labels.Contains(concept.Label)) return;
        throw new InvalidRequestException(concept.Place, $"begins \"{concept.Text}\", which the judge {judge.Name} would call '{concept.Label}', and it knows no such label.{NearestName.Question(concept.Label, judge.Labels)} Write the label behind the brackets: [{concept.Text}] {judge.Labels[0]}");
    }

    protected override IReadOnlyList<ConceptSight> Look(ScaleConcept concept, IReadOnlyList<RgbImage> images, CancellationToken cancellationToken) =>
        [.. judge.Judge(images, cancellationToken).Select(judgement => new ConceptSight(judgement.Shows(concept.Label), judgement.IsClean))];

    public void Dispose() => judge.Dispose();
}
