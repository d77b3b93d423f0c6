using SafeDiffusion.Checking;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Generation;

/// <summary>Looks at finished pictures and does what their policies say about those that still show a concept.</summary>
/// <param name="checkers">The pipeline's checkers.</param>
/// <param name="generate">Draws requests.</param>
/// <param name="cancellationToken">Ends checks and further attempts.</param>
internal sealed class Aftercare(
    IReadOnlyList<IImageChecker> checkers, Func<IReadOnlyList<GenerationRequest>, Task<IReadOnlyList<GenerationResult>>> generate,
    CancellationToken cancellationToken)
{
    /// <summary>One in how many steps counts, from the last back.</summary>
    private const int LastShare = 5;

    /// <exception cref="InferenceException">A checker's network failed: nothing is known of the pictures, so none is given.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<IReadOnlyList<GenerationResult>> ApplyAsync(IReadOnlyList<GenerationRequest> requests, IReadOnlyList<GenerationResult> results)
    {
        List<CheckedPicture>[] pictures = new List<CheckedPicture>[results.Count];
        for (int i = 0; i < results.Count; i++) pictures[i] = Look(requests[i], results[i]);
        await DrawAgainAsync(pictures).ConfigureAwait(false);
        return [.. results.Select((result, i) => Conclude(result, pictures[i]))];
    }

    private List<CheckedPicture> Look(GenerationRequest request, GenerationResult result)
    {
        if (request.Policy.Remedy is null && checkers.Count == 0) return [];
        List<CheckedPicture> pictures = [.. result.Images.Select((image, i) => new CheckedPicture(request, i, image, result.Report.Images[i]))];
        Check(pictures);
        return pictures;
    }

    /// <summary>Finds which pictures show something, by the protections' last maps and by the checkers.</summary>
    private void Check(IReadOnlyList<CheckedPicture> pictures)
    {
        foreach (CheckedPicture picture in pictures)
        {
            picture.By.Clear();
            if (IsDetected(picture.Report.Steps)) picture.By.Add("detection");
        }
        foreach (IImageChecker checker in checkers)
        {
            IReadOnlyList<ImageCheck> checks = checker.Check([.. pictures.Select(picture => picture.Image)], cancellationToken);
            if (checks.Count != pictures.Count) throw new InferenceException(checker.Name, $"gave {checks.Count} answers for {pictures.Count} pictures.");
            for (int i = 0; i < pictures.Count; i++)
            {
                if (checks[i].IsFlagged) pictures[i].By.Add(checker.Name);
            }
        }
    }

    /// <summary>
    /// Whether a protection found its concept in one of the last fifth of the steps. The picture hardly changes there any more, and a
    /// guideline may see less in the very last than in those before.
    /// </summary>
    private static bool IsDetected(IReadOnlyList<StepReport> steps) => steps
        .TakeLast(Math.Max(1, steps.Count / LastShare)).SelectMany(step => step.Terms).Any(term => term.Detection is { Area: > 0 });

    /// <summary>Draws what is to be drawn again, all pictures of an attempt together.</summary>
    private async Task DrawAgainAsync(IReadOnlyList<List<CheckedPicture>> all)
    {
        while (true)
        {
            CheckedPicture[] again = [.. all.SelectMany(pictures => pictures).Where(picture => picture.IsToBeDrawnAgain)];
            if (again.Length == 0) return;
            IReadOnlyList<GenerationResult> results = await generate([.. again.Select(picture => picture.NextRequest())]).ConfigureAwait(false);
            for (int i = 0; i < again.Length; i++) again[i].Replace(results[i]);
            Check(again);
        }
    }

    private static GenerationResult Conclude(GenerationResult result, List<CheckedPicture> pictures)
    {
        if (pictures.Count == 0) return result;
        CostReport cost = pictures.Aggregate(result.Report.Cost, (sum, picture) => sum.Plus(picture.Cost));
        return result with
        {
            Images = [.. pictures.Select(picture => picture.Given())],
            HeatMaps = [.. result.HeatMaps.Select(map => map with { Predicted = pictures[map.Image].FirstGiven(map.Predicted) })],
            Report = result.Report with
            {
                Images = [.. pictures.Select(picture => picture.Concluded())],
                Warnings = [.. result.Report.Warnings, .. pictures.Select(picture => picture.Warning()).OfType<ReportWarning>()],
                Cost = cost,
            },
        };
    }
}
