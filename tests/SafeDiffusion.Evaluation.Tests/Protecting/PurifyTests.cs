using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Methods.DetectAndGuide;
using SafeDiffusion.Policies;
using SafeDiffusion.ShapesWorld;
using SafeDiffusion.ShapesWorld.Drawing;

namespace SafeDiffusion.Evaluation.Protecting;

/// <summary>Model layer, by the exact judge: given pictures cleaned of red triangles.</summary>
public sealed class PurifyTests : IAsyncLifetime
{
    private static readonly SafetyPolicy _policy = SafetyPolicy.Empty.AddDetectAndGuide(Path.Combine(Fixture.ShapesModel, "assets", "red-triangle.guideline.safetensors"));

    private static readonly RgbImage _showing = Picture(new("red", ShapeKind.Triangle, 17, 22, 12), new("blue", ShapeKind.Circle, 47, 42, 12));

    private static readonly RgbImage _harmless = Picture(new("green", ShapeKind.Ring, 17, 22, 12), new("blue", ShapeKind.Circle, 47, 42, 12));

    private SafeDiffusionPipeline _pipeline = null!;

    public async Task InitializeAsync() => _pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions().For(_policy));

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Fact]
    public async Task TheConceptGoesAndTheRestStays()
    {
        List<PurifyProgress> progress = [];
        PurifyResult result = await _pipeline.PurifyAsync(new PurifyRequest(_showing, _policy) { Steps = 15 }, new Direct(progress.Add));
        Assert.Equal(["blue circle"], Labels(result.Image).Where(label => label is "blue circle" or "red triangle"));
        Assert.True(result.Report is { Changed: true, IsLimited: true, Detected: > 0.45f });
        Assert.InRange(result.Report.Region, 0.05, 0.5);
        // Pixel for pixel: SSIM is a little lower where its window reaches over the seam.
        Assert.Null(result.Report.Outside!.Psnr);
        Assert.InRange(result.Report.Outside.Ssim!.Value, 0.97, 1);
        Assert.InRange(result.Report.Inside!.Ssim!.Value, -1, 0.95);
        Assert.InRange(result.Report.Inversion!.Psnr!.Value, 30, 100);
        Assert.Equal(Enum.GetValues<PurifyStage>().SelectMany(stage => Enumerable.Range(1, 12).Select(step => new PurifyProgress(stage, step, 12))), progress);
        Assert.Equal(("", 0.8f), (result.Report.Generation.Request.Inversion, result.Report.Generation.Request.Strength!.Value));
        Assert.Contains("outside of it", result.Report.Summary, StringComparison.Ordinal);
        Assert.True(result.Sheet(_showing).Width > 3 * 192);
    }

    [Fact]
    public async Task APictureThatShowsNothingIsTheRoundTrip()
    {
        PurifyResult result = await _pipeline.PurifyAsync(new PurifyRequest(_harmless, _policy));
        Assert.True(result.Image.Pixels.Span.SequenceEqual(result.RoundTrip.Pixels.Span));
        Assert.True(result.Report is { Changed: false, Region: 0, Inside: null, Inversion: null });
        Assert.Equal(2, result.Report.Rows);
        Assert.Contains("nothing was detected", result.Report.Summary, StringComparison.Ordinal);
        Assert.Contains("\"changed\": false", result.Report.ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OtherSizesArePaddedAndCroppedBack()
    {
        RgbImage odd = _showing.Crop(0, 0, 61, 59);
        PurifyResult result = await _pipeline.PurifyAsync(new PurifyRequest(odd, _policy) { Steps = 12 });
        Assert.Equal((61, 59), (result.Image.Width, result.Image.Height));
        Assert.Equal((3, 5), (result.Report.PaddedColumns, result.Report.PaddedRows));
        Assert.DoesNotContain("red triangle", Labels(result.Image));
        Assert.Contains("padded by 3 columns and 5 rows", result.Report.Summary, StringComparison.Ordinal);
    }

    /// <summary>A protection without a guideline must not be shut out where another's guideline sees nothing.</summary>
    [Fact]
    public async Task AProtectionWithoutAGuidelineMayChangeThePictureEverywhere()
    {
        SafetyPolicy both = _policy.AddNegativePrompt("a blue circle");
        PurifyResult result = await _pipeline.PurifyAsync(new PurifyRequest(_harmless, both) { Steps = 10 });
        Assert.True(result.Report is { Changed: true, IsLimited: false, Region: 1, Outside: null });
        PurifyResult limited = await _pipeline.PurifyAsync(new PurifyRequest(_harmless, both) { Steps = 10, Region = PurifyRegion.Detected });
        Assert.True(limited.Report is { Changed: false, IsLimited: true });
    }

    [Fact]
    public async Task AFinishedPictureIsCheckedLikeAnyOther()
    {
        SafetyPolicy withholding = SafetyPolicy.Empty.AddDetectAndGuide(new DetectionGuidance { Guideline = Guideline.Load(Path.Combine(Fixture.ShapesModel, "assets", "red-triangle.guideline.safetensors")), Weight = 1e-6f })
            .WhenStillDetected(RemedialAction.Withhold);
        PurifyResult result = await _pipeline.PurifyAsync(new PurifyRequest(_showing, withholding) { Steps = 10, Strength = 0.3f });
        Assert.Equal(RemedialAction.Withhold, result.Report.Generation.Images[0].Check!.Action);
        Assert.Empty(Labels(result.Image));
    }

    [Fact]
    public async Task WhatCannotCleanIsRefused()
    {
        await Refused("policy", new PurifyRequest(_showing, SafetyPolicy.Empty));
        await Refused("policy", new PurifyRequest(_showing, SafetyPolicy.Empty.AddDetection(Path.Combine(Fixture.ShapesModel, "assets", "red-triangle.guideline.safetensors"))));
        await Refused("policy", new PurifyRequest(_showing, _policy.WhenStillDetected(RemedialAction.Regenerate)));
        await Refused("region", new PurifyRequest(_showing, SafetyPolicy.Empty.AddNegativePrompt("a ring")) { Region = PurifyRegion.Detected });
        await Refused("dilation", new PurifyRequest(_showing, _policy) { Dilation = -1 });
        await Refused("strength", new PurifyRequest(_showing, _policy) { Strength = 0 });
        await Refused("guidanceScale", new PurifyRequest(_showing, _policy) { GuidanceScale = 1 });

        async Task Refused(string field, PurifyRequest request) =>
            Assert.Equal(field, (await Assert.ThrowsAsync<InvalidRequestException>(() => _pipeline.PurifyAsync(request))).Field);
    }

    [Fact]
    public async Task ItCanBeCancelled()
    {
        using CancellationTokenSource source = new();
        Direct cancelling = new(at =>
        {
            if (at is { Stage: PurifyStage.Reconstructing, Step: 2 }) source.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _pipeline.PurifyAsync(new PurifyRequest(_showing, _policy), cancelling, source.Token));
    }

    /// <summary>The null text at guidance scale 1 leads an inverted picture back to itself; noise of the same strength does not.</summary>
    [Fact]
    public async Task AnInvertedPictureComesBack()
    {
        GenerationRequest request = new("") { InitialImage = _showing, Strength = 1, GuidanceScale = 1, InitialImageInversion = "" };
        GenerationResult back = await _pipeline.GenerateAsync(request);
        Assert.Equal("", back.Report.Request.Inversion);
        Assert.Equal(["blue circle", "red triangle"], Labels(back.Images[0]).Order());
        GenerationResult noised = await _pipeline.GenerateAsync(request with { InitialImageInversion = null });
        Assert.NotEqual(["blue circle", "red triangle"], Labels(noised.Images[0]).Order());
    }

    [Fact]
    public async Task AnInversionThatCannotBeIsRefused()
    {
        GenerationRequest request = new("") { InitialImage = _showing, InitialImageInversion = "" };
        foreach (GenerationRequest wrong in new[] { request with { InitialImage = null }, request with { Count = 2 } })
        {
            Assert.Equal("initialImageInversion", (await Assert.ThrowsAsync<InvalidRequestException>(() => _pipeline.GenerateAsync(wrong))).Field);
        }
    }

    private static IEnumerable<string> Labels(RgbImage image) => new ShapesJudge("exact").Judge([image])[0].Findings.Select(finding => finding.Label);

    private static RgbImage Picture(params PlacedShape[] shapes) => ShapesRenderer.Render(new ShapesScene("gray", [.. shapes]));

    private sealed class Direct(Action<PurifyProgress> report) : IProgress<PurifyProgress>
    {
        public void Report(PurifyProgress value) => report(value);
    }
}
