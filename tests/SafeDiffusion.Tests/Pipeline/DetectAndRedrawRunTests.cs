using SafeDiffusion.Core.Errors;
using SafeDiffusion.Detection;
using SafeDiffusion.Methods.DetectAndRedraw;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Policies;
using SafeDiffusion.Reporting;
using static SafeDiffusion.Pipeline.Drawn;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: detect-and-redraw on the shapes model. A redrawn picture is, to the bit, the one that the new text draws without protection.</summary>
[Collection(ShapesModelGroup.Name)]
public sealed class DetectAndRedrawRunTests(DetectingModel detecting) : IClassFixture<DetectingModel>
{
    private const int Looks = 1;

    private static readonly DetectionRedrawing _redrawing = new() { Guideline = ShapesGuideline.WithThresholds, Instead = "a green star" };
    private static readonly SafetyPolicy _policy = SafetyPolicy.Empty.AddDetectAndRedraw(_redrawing);
    private static readonly GenerationRequest _request = new("a red triangle on a gray background") { Seed = 3, Steps = 10, GuidanceScale = 5, KeepLatents = true, Policy = _policy };

    [Fact]
    public async Task WhatDoesNotShowTheConceptCostsAndLooksAsWithoutProtection()
    {
        GenerationRequest harmless = _request with { Prompt = "a blue circle on a gray background", Count = 2 };
        GenerationResult watched = await Draw(harmless);
        AssertSame(await Draw(harmless with { Policy = SafetyPolicy.Empty }), watched);
        Assert.Equal(2 * (2 * 10 + Looks), watched.Report.Cost.Rows);
        Assert.All(watched.Report.Images, image => Assert.Empty(image.Redraws));
        Assert.Contains("saw nothing, and changed nothing", watched.Report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASpelledPromptIsDrawnAgainWithOtherWordsAndTheReportAddsUp()
    {
        GenerationResult redrawn = await Draw(_request);
        AssertSame(await Draw(_request with { Prompt = "a green star on a gray background", Policy = SafetyPolicy.Empty }), redrawn);
        ImageReport image = redrawn.Report.Images[0];
        RedrawReport redraw = Assert.Single(image.Redraws);
        Assert.Equal(("red triangle", "a green star", "a green star on a gray background"), (redraw.Words, redraw.By, redraw.Text));
        Assert.True(redraw.Statistic >= redraw.Threshold);
        Assert.Equal(redraw.Step + 1, redraw.Steps.Count);
        Assert.Equal(2 * redraw.Steps.Count, redraw.Rows);
        Assert.Equal(redraw.Rows + 2 * 10 + Looks, image.Rows);
        Assert.Equal(image.Rows, redrawn.Report.Cost.Rows);
        Assert.Contains("replaced \"red triangle\" by \"a green star\"", redrawn.Report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnImplicitPromptIsDrawnAgainWithoutTheWordsThatDrewIt()
    {
        GenerationRequest implicitly = _request with { Prompt = "a blue square next to a hazard sign on a gray background" };
        RedrawReport redraw = Assert.Single((await Draw(implicitly)).Report.Images[0].Redraws);
        Assert.Contains(redraw.Words, (string[])["hazard", "sign", "hazard sign"]);
        Assert.InRange(redraw.Tried.Count, 1, 8);
        Assert.Equal(2 * redraw.Steps.Count + redraw.Tried.Count, redraw.Rows);
    }

    [Fact]
    public async Task HybridReplacesASpelledPromptBeforeTheFirstStepAtNoRow()
    {
        GenerationResult redrawn = await Draw(_request with { Policy = SafetyPolicy.Empty.AddDetectAndRedraw(_redrawing with { Hybrid = true }) });
        AssertSame(await Draw(_request with { Prompt = "a green star on a gray background", Policy = SafetyPolicy.Empty }), redrawn);
        Assert.Equal(2 * 10 + Looks, redrawn.Report.Cost.Rows);
        Assert.Null(Assert.Single(redrawn.Report.Images[0].Redraws).Step);
        Assert.Equal("a red triangle on a gray background", redrawn.Report.Request.Prompt);
    }

    [Fact]
    public async Task InABatchEachIsAsAlone()
    {
        GenerationRequest[] requests = [_request with { Prompt = "a blue circle" }, _request, _request with { Prompt = "a hazard sign", Seed = 8 }];
        IReadOnlyList<GenerationResult> together = await detecting.Pipeline.GenerateBatchAsync(requests);
        for (int i = 0; i < requests.Length; i++)
        {
            GenerationResult alone = await Draw(requests[i]);
            AssertSame(alone, together[i]);
            Assert.Equal(alone.Report.Cost.Rows, together[i].Report.Cost.Rows);
        }
    }

    [Fact]
    public async Task NoiseGivenLatentsAndAGivenPictureBeginAgainAsTheyWere()
    {
        GenerationResult first = await Draw(_request with { Policy = SafetyPolicy.Empty });
        GenerationRequest[] starts =
        [
            _request with { Eta = 1 },
            _request with { InitialLatents = first.Latents!.Initial, Seed = 99, Eta = 0.5f },
            _request with { InitialImage = first.Images[0], Strength = 0.9f },
            _request with { InitialImage = first.Images[0], Strength = 0.9f, InitialImageInversion = "" },
        ];
        foreach (GenerationRequest start in starts)
        {
            GenerationResult redrawn = await Draw(start);
            RedrawReport redraw = redrawn.Report.Images[0].Redraws[^1];
            AssertSame(await Draw(start with { Prompt = redraw.Text, Policy = SafetyPolicy.Empty }), redrawn);
        }
    }

    [Fact]
    public async Task WhatAGivenPictureShowsIsPaintedOverThere()
    {
        GenerationResult first = await Draw(_request with { Steps = 20, Policy = SafetyPolicy.Empty });
        GenerationRequest request = _request with { Prompt = "a drawing on a gray background", Seed = 8, Steps = 20, InitialImage = first.Images[0], Strength = 0.5f };
        GenerationResult redrawn = await Draw(request);
        RedrawReport covered = Assert.Single(redrawn.Report.Images[0].Redraws);
        Assert.InRange(covered.Covered, 1 / 64f, 0.25f);
        Assert.Equal((request.Prompt, ""), (covered.Text, covered.Words));
        Assert.Contains("painted over (seen in step ", redrawn.Report.Summary, StringComparison.Ordinal);
        Assert.DoesNotContain(redrawn.Report.Images[0].Steps, step => step.Observations[0].Reason is not null);

        // Where nothing of it is shown the picture stays.
        GenerationRequest other = request with { InitialImage = null, Prompt = "a blue circle on a gray background", Policy = SafetyPolicy.Empty };
        GenerationResult harmless = await Draw(request with { InitialImage = (await Draw(other)).Images[0] });
        Assert.Empty(harmless.Report.Images[0].Redraws);
    }

    [Fact]
    public async Task OtherProtectionsActOnTheNewText()
    {
        SafetyPolicy others = SafetyPolicy.Empty.AddNegativePrompt("a blue circle").AddSafeLatent("a yellow ring", SafeLatentPreset.Max);
        GenerationResult redrawn = await Draw(_request with { Policy = others.AddDetectAndRedraw(_redrawing with { Hybrid = true }) });
        AssertSame(await Draw(_request with { Prompt = "a green star on a gray background", Policy = others }), redrawn);
        GenerationResult watched = await Draw(_request with { Policy = others.AddDetectAndRedraw(_redrawing) });
        AssertSame(redrawn, watched);
    }

    [Fact]
    public async Task ProgressSaysThatItBeginsAgainAndTheDecidingMapIsKept()
    {
        List<GenerationProgress> told = [];
        GenerationResult redrawn = await detecting.Pipeline.GenerateAsync(_request with { HeatMapEvery = 100 }, new Told<GenerationProgress>(told));
        Assert.Equal(told, told.OrderBy(at => (at.Redraws, at.Step)));
        Assert.Equal(1, told[^1].Redraws);
        HeatMap deciding = Assert.Single(redrawn.HeatMaps, map => map.Decides);
        Assert.Equal((redrawn.Report.Images[0].Redraws[0].Step, 0), (deciding.Step, deciding.Redraws));
        Assert.Contains(redrawn.HeatMaps, map => map is { Decides: false, Redraws: 1, Step: 9 });
    }

    [Fact]
    public async Task WhatIsSeenWithNothingLeftToReplaceIsSaidAndFlagged()
    {
        // By thresholds that everything reaches.
        DetectionRedrawing all = _redrawing with { Guideline = ShapesGuideline.Everywhere };
        GenerationResult redrawn = await Draw(_request with { Policy = SafetyPolicy.Empty.AddDetectAndRedraw(all).WhenStillDetected(RemedialAction.Withhold) });
        ImageReport image = redrawn.Report.Images[0];
        Assert.Equal("a green star", image.Redraws[^1].Text);
        Assert.All(image.Steps, step => Assert.Equal("nothing is left to replace", step.Observations[0].Reason));
        Assert.Equal(RemedialAction.Withhold, image.Check!.Action);
        Assert.Contains("seen again, with nothing left to replace", redrawn.Report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ThresholdsThatNoStepReachesAreRefused()
    {
        DetectionRedrawing late = _redrawing with { Guideline = ShapesGuideline.With(new([new(0, 5)], [new(0, 5)])) };
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => Draw(_request with { Policy = SafetyPolicy.Empty.AddDetectAndRedraw(late) }));
        Assert.Contains("would not be kept", error.Message, StringComparison.Ordinal);
    }

    private Task<GenerationResult> Draw(GenerationRequest request) => detecting.Pipeline.GenerateAsync(request);
}
