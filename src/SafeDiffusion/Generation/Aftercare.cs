using SafeDiffusion.Checking;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Generation;

/// <summary>Looks at finished pictures and does what their policies say about those that still show a concept.</summary>
/// <param name="checkers">The pipeline's checkers.</param>
/// <param name="draw">Draws orders.</param>
/// <param name="cancellationToken">Ends checks and further attempts.</param>
internal sealed class Aftercare(
    IReadOnlyList<IImageChecker> checkers, Func<IReadOnlyList<PictureOrder>, Task<IReadOnlyList<Drawing>>> draw,
    CancellationToken cancellationToken)
{
    /// <summary>One in how many steps counts, from the last back.</summary>
    private const int LastShare = 5;

    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<IReadOnlyList<Drawing>> ApplyAsync(IReadOnlyList<PictureOrder> orders, IReadOnlyList<Drawing> drawings)
    {
        List<CheckedPicture>[] pictures = new List<CheckedPicture>[drawings.Count];
        for (int i = 0; i < drawings.Count; i++) pictures[i] = Look(orders[i], drawings[i]);
        await DrawAgainAsync(pictures).ConfigureAwait(false);
        return [.. drawings.Select((drawing, i) => Conclude(drawing, pictures[i]))];
    }

    private List<CheckedPicture> Look(PictureOrder order, Drawing drawing)
    {
        if (order.Policy.Remedy is null && !order.Policy.Requirements.Detects && checkers.Count == 0) return [];
        List<CheckedPicture> pictures = [.. drawing.Images.Select((image, i) => new CheckedPicture(order, i, image, drawing.Report.Images[i]))];
        Check(pictures);
        return pictures;
    }

    /// <summary>Finds which pictures show something, by the protections' last maps and by the checkers.</summary>
    private void Check(IReadOnlyList<CheckedPicture> pictures)
    {
        foreach (CheckedPicture picture in pictures)
        {
            picture.By.Clear();
            picture.Failures.Clear();
            if (IsDetected(picture.Report)) picture.By.Add("detection");
        }
        foreach (IImageChecker checker in checkers)
        {
            IReadOnlyList<CheckerAnswer> answers = CheckerAnswer.Ask(checker, [.. pictures.Select(picture => picture.Image)], cancellationToken);
            for (int i = 0; i < pictures.Count; i++)
            {
                if (answers[i].Failure is { } reason) pictures[i].Failures.Add((checker.Name, reason));
                else if (answers[i].IsFlagged) pictures[i].By.Add(checker.Name);
            }
        }
    }

    /// <summary>
    /// Whether a protection found its concept in the finished picture or in one of the last fifth of the steps. The picture hardly changes
    /// there any more, and what a guideline sees under the prompt and under the null text differs.
    /// </summary>
    private static bool IsDetected(ImageReport picture) => picture.Steps
        .TakeLast(Math.Max(1, picture.Steps.Count / LastShare))
        .SelectMany(step => step.Terms.Select(term => term.Detection).Concat(step.Observations.Select(observation => observation.Detection)))
        .Concat(picture.Finished.Select(seen => seen.Detection))
        .Any(detection => detection is { Area: > 0 });

    /// <summary>Draws what is to be drawn again, all pictures of an attempt together.</summary>
    private async Task DrawAgainAsync(IReadOnlyList<List<CheckedPicture>> all)
    {
        while (true)
        {
            CheckedPicture[] again = [.. all.SelectMany(pictures => pictures).Where(picture => picture.IsToBeDrawnAgain)];
            if (again.Length == 0) return;
            IReadOnlyList<Drawing> drawings = await draw([.. again.Select(picture => picture.NextOrder())]).ConfigureAwait(false);
            for (int i = 0; i < again.Length; i++) again[i].Replace(drawings[i]);
            Check(again);
        }
    }

    private static Drawing Conclude(Drawing drawing, List<CheckedPicture> pictures)
    {
        if (pictures.Count == 0) return drawing;
        CostReport cost = pictures.Aggregate(drawing.Report.Cost, (sum, picture) => sum.Plus(picture.Cost));
        return drawing with
        {
            Images = [.. pictures.Select(picture => picture.Given())],
            HeatMaps = [.. drawing.HeatMaps.Select(map => map with { Predicted = pictures[map.Image].FirstGiven(map.Predicted) })],
            Report = drawing.Report with
            {
                Images = [.. pictures.Select(picture => picture.Concluded())],
                Warnings = [.. drawing.Report.Warnings, .. pictures.SelectMany(picture => picture.Warnings())],
                Cost = cost,
            },
        };
    }
}
