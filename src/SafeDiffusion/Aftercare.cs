using SafeDiffusion.Checking;
using SafeDiffusion.Imaging;
using SafeDiffusion.Reporting;

namespace SafeDiffusion;

/// <summary>Looks at finished pictures and does what their policies say about those that still show a concept.</summary>
/// <param name="checkers">The pipeline's checkers.</param>
/// <param name="generate">Draws requests.</param>
/// <param name="cancellationToken">Ends checks and further attempts.</param>
internal sealed class Aftercare(
    IReadOnlyList<IImageChecker> checkers, Func<IReadOnlyList<GenerationRequest>, Task<IReadOnlyList<GenerationResult>>> generate,
    CancellationToken cancellationToken)
{
    /// <summary>What a policy that asks for nothing gets: the report says what was found.</summary>
    private static readonly Remedy _flag = new() { Action = RemedialAction.Flag };

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
            if (picture.Report.Steps[^1].Terms.Any(term => term.Detection is { Area: > 0 })) picture.By.Add("detection");
        }
        foreach (IImageChecker checker in checkers)
        {
            IReadOnlyList<ImageCheck> checks = checker.Check([.. pictures.Select(picture => picture.Image)], cancellationToken);
            for (int i = 0; i < pictures.Count; i++)
            {
                if (checks[i].IsFlagged) pictures[i].By.Add(checker.Name);
            }
        }
    }

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
            Report = result.Report with { Images = [.. pictures.Select(picture => picture.Concluded())], Cost = cost },
        };
    }

    /// <summary>A picture, and what is known of it.</summary>
    private sealed class CheckedPicture(GenerationRequest request, int index, RgbImage image, ImageReport report)
    {
        private readonly Remedy _remedy = request.Policy.Remedy ?? _flag;
        private int _attempts;

        public RgbImage Image { get; private set; } = image;

        public ImageReport Report { get; private set; } = report;

        public CostReport Cost { get; private set; } = CostReport.None;

        /// <summary>What found something.</summary>
        public List<string> By { get; } = [];

        public bool IsToBeDrawnAgain => By.Count > 0 && _remedy.Action == RemedialAction.Regenerate && _attempts < _remedy.Attempts;

        private RemedialAction? Action => By.Count == 0 ? null : _remedy.Action == RemedialAction.Regenerate ? _remedy.Then : _remedy.Action;

        /// <summary>The request for the next attempt: from a seed that none of the request's pictures has.</summary>
        public GenerationRequest NextRequest() => request with
        {
            Count = 1,
            Seed = request.Seed + (long)++_attempts * request.Count + index,
            KeepLatents = false,
            HeatMapEvery = 0,
            PreviewEvery = 0,
        };

        public void Replace(GenerationResult result)
        {
            Image = result.Images[0];
            Report = result.Report.Images[0];
            Cost = Cost.Plus(result.Report.Cost);
        }

        public RgbImage Given() => Action switch
        {
            RemedialAction.Blur => Blurring.Blur(Image),
            RemedialAction.Withhold => Blurring.Blank(Image),
            _ => Image,
        };

        public ImageReport Concluded() => Report with { Check = new(By.Count > 0, By, Action, _attempts) };
    }
}
