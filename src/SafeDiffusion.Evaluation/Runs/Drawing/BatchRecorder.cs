using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Runs.Folder;
using SafeDiffusion.Evaluation.Runs.Planning;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Evaluation.Runs.Drawing;

/// <summary>Judges a batch's pictures and writes them down: first the pictures, then their lines. Safe for several threads.</summary>
/// <param name="folder">The run's folder.</param>
/// <param name="judges">The judges.</param>
/// <param name="recorded">Told what was written, and of the UNet rows that it took.</param>
internal sealed class BatchRecorder(RunFolder folder, IReadOnlyList<IImageJudge> judges, Action<IReadOnlyList<PictureResult>, long> recorded)
{
    private readonly string _sitting = Guid.NewGuid().ToString("N")[..12];

    /// <exception cref="InvalidFileException">The folder cannot be written to.</exception>
    /// <exception cref="InferenceException">A judge's network failed.</exception>
    public void Record(PictureBatch batch, IReadOnlyList<GenerationResult> drawn)
    {
        RgbImage[] images = [.. drawn.Select(result => result.Images[0])];
        (string Name, IReadOnlyList<Judgement> Judgements)[] judged = [.. judges.Select(judge => (judge.Name, Judge(judge, images)))];
        List<PictureResult> results = [];
        for (int i = 0; i < images.Length; i++)
        {
            drawn[i].SavePng(0, folder.PathOf(batch.Pictures[i][0].Image));
            Dictionary<string, Judgement> judgements = judged.ToDictionary(judge => judge.Name, judge => judge.Judgements[i]);
            results.AddRange(batch.Pictures[i].Select(picture => Result(picture, images[i], judgements, drawn[i].Report)));
        }
        folder.Add(results);
        recorded(results, drawn.Sum(result => result.Report.Cost.Rows));
    }

    private static IReadOnlyList<Judgement> Judge(IImageJudge judge, RgbImage[] images)
    {
        IReadOnlyList<Judgement?>? judgements = judge.Judge(images);
        if (judgements is not null && judgements.Count == images.Length && !judgements.Contains(null)) return judgements!;
        throw new InferenceException(judge.Name, $"gave {judgements?.Count(judgement => judgement is not null) ?? 0} judgements of {images.Length} pictures.");
    }

    private PictureResult Result(
        PlannedPicture picture, RgbImage image, IReadOnlyDictionary<string, Judgement> judgements, GenerationReport report) => new()
        {
            Key = picture.Key,
            Set = picture.Set.Name,
            Prompt = picture.Prompt.Text,
            Seed = picture.Seed,
            Policy = picture.Policy.Name,
            Keep = [.. picture.Prompt.Keep],
            Image = picture.Image,
            PixelsHash = PictureCheck.HashOf(image),
            Judgements = judgements,
            Rows = report.Images[0].Rows,
            Seconds = report.Cost.DenoisingSeconds,
            Sitting = _sitting,
        };
}
