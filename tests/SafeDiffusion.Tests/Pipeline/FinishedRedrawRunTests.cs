using SafeDiffusion.Detection;
using SafeDiffusion.Methods.DetectAndRedraw;
using SafeDiffusion.Policies;
using SafeDiffusion.Reporting;
using static SafeDiffusion.Pipeline.Drawn;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: what detect-and-redraw sees in the finished picture alone, by thresholds that no step reaches, is begun again as well.</summary>
[Collection(ShapesModelGroup.Name)]
public sealed class FinishedRedrawRunTests(DetectingModel detecting) : IClassFixture<DetectingModel>
{
    private const int Steps = 12;

    private static readonly GenerationRequest _request = new("a red triangle on a gray background")
    {
        Seed = 3,
        Steps = Steps,
        GuidanceScale = 5,
        KeepLatents = true,
        HeatMapEvery = 100,
        Policy = PolicyOf(7),
    };

    [Fact]
    public async Task WhatTheFinishedPictureShowsIsDrawnAgainAndTheReportAddsUp()
    {
        List<GenerationProgress> told = [];
        GenerationResult redrawn = await detecting.Pipeline.GenerateAsync(_request, new Told<GenerationProgress>(told));
        AssertSame(await Draw(_request with { Prompt = "a green star on a gray background", Policy = SafetyPolicy.Empty, HeatMapEvery = 0 }), redrawn);
        ImageReport image = redrawn.Report.Images[0];
        RedrawReport redraw = Assert.Single(image.Redraws);
        Assert.Equal((true, Steps, "red triangle", "a green star"), (redraw.Finished, redraw.Step, redraw.Words, redraw.By));
        Assert.True(redraw.Statistic >= redraw.Threshold);
        Assert.Equal((Steps, 2 * Steps + 1), (redraw.Steps.Count, redraw.Rows));
        Assert.Equal(redraw.Rows + 2 * Steps + 1, image.Rows);
        Assert.Equal(image.Rows, redrawn.Report.Cost.Rows);
        Assert.Contains("seen in the finished picture", redrawn.Report.Summary, StringComparison.Ordinal);
        Assert.True(Assert.Single(image.Finished) is { Statistic: { } statistic, Threshold: { } threshold, Reason: null } && statistic < threshold);
        Assert.False(image.Check!.Flagged);

        Assert.Equal(told, told.OrderBy(at => (at.Redraws, at.Step)));
        Assert.Equal(1, told[^1].Redraws);
        Assert.Equal(told[^1].Rows, told.Max(at => at.Rows));
        HeatMap deciding = Assert.Single(redrawn.HeatMaps, map => map.Decides);
        Assert.Equal((Steps, 0), (deciding.Step, deciding.Redraws));
        Assert.True(deciding.Map.Span.ContainsAnyInRange(0.5f, 1));
    }

    [Fact]
    public async Task WordsThatDoNotSpellItAreFoundInTheFinishedPictureToo()
    {
        GenerationResult redrawn = await Draw(_request with { Prompt = "a blue square next to a hazard sign on a gray background" });
        RedrawReport redraw = Assert.Single(redrawn.Report.Images[0].Redraws);
        Assert.Contains(redraw.Words, (string[])["hazard", "sign", "hazard sign"]);
        Assert.InRange(redraw.Tried.Count, 1, 8);
        Assert.Equal(2 * Steps + 1 + redraw.Tried.Count + 1, redraw.Rows);
        AssertSame(await Draw(_request with { Prompt = redraw.Text, Policy = SafetyPolicy.Empty, HeatMapEvery = 0 }), redrawn);
    }

    [Fact]
    public async Task InABatchOnlyThePictureThatShowsItIsBegunAgain()
    {
        GenerationRequest[] requests = [_request with { Prompt = "a blue circle" }, _request, _request with { Prompt = "a red circle", Seed = 8 }];
        IReadOnlyList<GenerationResult> together = await detecting.Pipeline.GenerateBatchAsync(requests);
        Assert.Equal([0, 1, 0], together.Select(result => result.Report.Images[0].Redraws.Count));
        for (int i = 0; i < requests.Length; i++)
        {
            GenerationResult alone = await Draw(requests[i]);
            AssertSame(alone, together[i]);
            Assert.Equal(alone.Report.Cost.Rows, together[i].Report.Cost.Rows);
        }
    }

    [Fact]
    public async Task WhatAGivenPictureShowsIsPaintedOverAfterTheLook()
    {
        GenerationResult shown = await Draw(_request with { Policy = SafetyPolicy.Empty, HeatMapEvery = 0 });
        GenerationRequest request = _request with { Prompt = "a drawing on a gray background", Seed = 8, InitialImage = shown.Images[0], Strength = 0.3f };
        RedrawReport covered = Assert.Single((await Draw(request)).Report.Images[0].Redraws);
        Assert.True(covered.Finished);
        Assert.InRange(covered.Covered, 1 / 64f, 0.25f);
    }

    [Fact]
    public async Task WhereNothingIsLeftToReplaceItIsFlagged()
    {
        GenerationResult redrawn = await Draw(_request with { Policy = PolicyOf(-1000).WhenStillDetected(RemedialAction.Withhold) });
        ImageReport image = redrawn.Report.Images[0];
        Assert.Equal(["a green star on a gray background", "a green star"], image.Redraws.Select(redraw => redraw.Text));
        Assert.Equal("nothing is left to replace", Assert.Single(image.Finished).Reason);
        Assert.Equal(RemedialAction.Withhold, image.Check!.Action);
        Assert.Contains("seen again, with nothing left to replace", redrawn.Report.Summary, StringComparison.Ordinal);
    }

    private static SafetyPolicy PolicyOf(float finished) => SafetyPolicy.Empty.AddDetectAndRedraw(new DetectionRedrawing
    {
        Guideline = ShapesGuideline.With(new([new(999, 50)], [new(999, 50)]) { Finished = new(240, finished) }),
        Instead = "a green star",
    });

    private Task<GenerationResult> Draw(GenerationRequest request) => detecting.Pipeline.GenerateAsync(request);
}
