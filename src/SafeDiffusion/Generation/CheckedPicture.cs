using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Policies;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Generation;

/// <summary>A finished picture, and what is known of it.</summary>
internal sealed class CheckedPicture(PictureOrder order, int index, RgbImage image, ImageReport report)
{
    /// <summary>What a policy that asks for nothing gets: the report says what was found.</summary>
    private static readonly Remedy _flag = new() { Action = RemedialAction.Flag };

    private readonly Remedy _remedy = order.Policy.Remedy ?? _flag;
    private int _attempts;

    public RgbImage Image { get; private set; } = image;

    public ImageReport Report { get; private set; } = report;

    public CostReport Cost { get; private set; } = CostReport.None;

    /// <summary>What found something.</summary>
    public List<string> By { get; } = [];

    /// <summary>What could not look, and why. The picture then counts as flagged.</summary>
    public List<(string Checker, string Reason)> Failures { get; } = [];

    private bool IsFlagged => By.Count > 0 || Failures.Count > 0;

    /// <summary>A checker's failure is not the picture's, so that alone draws nothing again.</summary>
    public bool IsToBeDrawnAgain => By.Count > 0 && _remedy.Action == RemedialAction.Regenerate && _attempts < _remedy.Attempts;

    private RemedialAction? Action => !IsFlagged ? null : _remedy.Action == RemedialAction.Regenerate ? _remedy.Then : _remedy.Action;

    /// <summary>The order of the next attempt: from a seed that none of the order's pictures has.</summary>
    public PictureOrder NextOrder() => order with
    {
        Count = 1,
        Seed = order.Seed + (long)++_attempts * order.Count + index,
        KeepLatents = false,
        HeatMapEvery = 0,
        PreviewEvery = 0,
    };

    public void Replace(Drawing drawing)
    {
        Image = drawing.Images[0];
        Report = drawing.Report.Images[0];
        Cost = Cost.Plus(drawing.Report.Cost);
    }

    public RgbImage Given() => Act(Action, Image);

    /// <summary>What may be seen of the first attempt's predictions.</summary>
    public RgbImage FirstGiven(RgbImage predicted) => Act(_attempts > 0 ? _remedy.Then : Action, predicted);

    public IEnumerable<ReportWarning> Warnings()
    {
        if (Action is not { } action) yield break;
        string picture = $"picture {index + 1} (seed {Report.Seed}{(_attempts > 0 ? $", drawn again {_attempts} time{(_attempts == 1 ? "" : "s")}" : "")})";
        foreach ((string checker, string reason) in Failures)
        {
            yield return new("checker-failed", $"{picture} could not be checked, because {checker} failed, and counts as flagged; {Done(action)}. The reason: {reason}");
        }
        if (By.Count > 0) yield return new("still-detected", $"{picture} still shows what the policy watches for, by {string.Join(" and ", By)}; {Done(action)}");
    }

    public ImageReport Concluded() => Report with
    {
        Check = new(IsFlagged, [.. By, .. Failures.Select(failure => $"{failure.Checker} (failed)")], Action, _attempts),
    };

    private static RgbImage Act(RemedialAction? action, RgbImage image) => action switch
    {
        RemedialAction.Blur => Blurring.Blur(image),
        RemedialAction.Withhold => Blurring.Blank(image),
        _ => image,
    };

    private static string Done(RemedialAction action) => action switch
    {
        RemedialAction.Blur => "it was blurred",
        RemedialAction.Withhold => "it was withheld",
        _ => "it was given as it is",
    };
}
