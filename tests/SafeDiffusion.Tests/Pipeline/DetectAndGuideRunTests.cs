using SafeDiffusion.Checking;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Methods.ConceptDetection;
using SafeDiffusion.Methods.DetectAndGuide;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: detect-and-guide on the shapes model, with the guideline that comes with it.</summary>
[Collection(ShapesModelGroup.Name)]
public sealed class DetectAndGuideRunTests(ShapesModel plain, DetectingModel detecting) : IClassFixture<DetectingModel>
{
    private static readonly GenerationRequest _request = new("a blue circle and a red triangle on a gray background")
    {
        Seed = 7,
        Steps = 10,
        GuidanceScale = 5,
        KeepLatents = true,
        Policy = DetectingModel.Policy,
    };

    /// <summary>UNet rows in which a finished picture is looked at.</summary>
    private const int Looks = 1;

    /// <summary>Detects, but guides from a step that never comes.</summary>
    private static readonly DetectionOnly _watching = new() { Guideline = ShapesGuideline.RedTriangle };

    private static readonly GenerationRequest _triangle = _request with { Prompt = "a red triangle", Seed = 2 };

    private static readonly GenerationRequest _harmless = _request with { Prompt = "a blue circle on a gray background", Count = 2 };

    [Fact]
    public async Task AMapJustBelowWhatCountsIsAWarning()
    {
        GenerationRequest request = new("a red circle on a gray background") { Seed = 3, Steps = 10, GuidanceScale = 5 };
        float highest = (await Draw(1)).Images[0].Steps.Max(step => step.Observations[0].Detection!.Value.Maximum);
        Assert.InRange(highest, 0.01f, 0.7f);
        GenerationReport near = await Draw(highest * 1.1f), far = await Draw(highest * 1.3f), seen = await Draw(highest * 0.9f);
        Assert.Contains("and stayed below", Assert.Single(near.Warnings, warning => warning.Code == "nearly-detected").Message, StringComparison.Ordinal);
        Assert.DoesNotContain(far.Warnings.Concat(seen.Warnings), warning => warning.Code == "nearly-detected");

        async Task<GenerationReport> Draw(float threshold) => (await detecting.Pipeline.GenerateAsync(
            request with { Policy = SafetyPolicy.Empty.AddDetection(_watching with { PresenceThreshold = threshold }) })).Report;
    }

    [Fact]
    public async Task WhatDoesNotShowTheConceptCostsAndLooksAsWithoutProtection()
    {
        GenerationResult protectedResult = await detecting.Pipeline.GenerateAsync(_harmless);
        GenerationResult unprotected = await plain.Pipeline.GenerateAsync(_harmless with { Policy = SafetyPolicy.Empty });
        Assert.Equal(2 * (2 * 10 + Looks), protectedResult.Report.Cost.Rows);
        Assert.All(Terms(protectedResult), term => Assert.Equal((false, "nothing detected"), (term.Guided, term.Reason)));
        for (int i = 0; i < 2; i++) Assert.True(unprotected.Images[i].Pixels.Span.SequenceEqual(protectedResult.Images[i].Pixels.Span));
        Assert.True(unprotected.Latents!.Final.AsSingles().SequenceEqual(protectedResult.Latents!.Final.AsSingles()));
    }

    [Fact]
    public async Task WhereTheConceptShowsARowIsAddedAndLessOfItIsLeft()
    {
        GenerationResult guided = await detecting.Pipeline.GenerateAsync(_triangle);
        StepReport[] steps = [.. guided.Report.Images[0].Steps];
        Assert.True(steps.Count(step => step.Terms[0].Guided) >= 3);
        for (int i = 0; i < steps.Length; i++)
        {
            TermReport term = steps[i].Terms[0];
            // A bet is placed where the step before was guided; a lost one costs its row as well.
            bool isEvaluated = term.Guided || i > 0 && steps[i - 1].Terms[0].Guided;
            Assert.Equal(isEvaluated ? 3 : 2, steps[i].Rows);
            Assert.Equal(term.Guided, term.Norm > 0);
            Assert.Equal(term.Detection!.Value.Area > 0, term.Detection!.Value.Maximum >= 0.5f);
        }
        Assert.Equal(ShapesGuideline.RedTriangle.Hash, Assert.Single(guided.Report.Protections[0].AssetHashes));

        GenerationResult watched = await detecting.Pipeline.GenerateAsync(_triangle with { Policy = SafetyPolicy.Empty.AddDetection(_watching) });
        GenerationResult unprotected = await plain.Pipeline.GenerateAsync(_triangle with { Policy = SafetyPolicy.Empty });
        Assert.True(unprotected.Images[0].Pixels.Span.SequenceEqual(watched.Images[0].Pixels.Span));
        float left = steps.Sum(step => step.Terms[0].Detection!.Value.Area), before = Watched(watched).Sum(reading => reading.Area);
        Assert.InRange(left, 0, 0.5f * before);
    }

    [Theory]
    [InlineData(RowEvaluation.Eager)]
    [InlineData(RowEvaluation.Lazy)]
    public async Task HoweverRowsAreAskedForThePictureIsTheSame(RowEvaluation rows)
    {
        GenerationRequest request = _request with { Count = 2 };
        GenerationResult betting = await detecting.Pipeline.GenerateAsync(request);
        SafetyPolicy policy = SafetyPolicy.Empty.AddDetectAndGuide(DetectingModel.Guidance with { Rows = rows });
        GenerationResult other = await detecting.Pipeline.GenerateAsync(request with { Policy = policy });
        ReferenceRunTests.AssertClose(betting.Latents!.Steps, other.Latents!.Steps, 1e-5f);
        int guided = Terms(other).Count(term => term.Guided);
        Assert.InRange(guided, 3, 19);
        Assert.Equal((rows == RowEvaluation.Eager ? 3 * 20 : 2 * 20 + guided) + 2 * Looks, other.Report.Cost.Rows);
        Assert.InRange(betting.Report.Cost.Rows - 2 * Looks, 2 * 20 + guided, 3 * 20);
    }

    [Fact]
    public async Task InABatchEachRequestGetsWhatItWouldGetAlone()
    {
        GenerationRequest[] requests =
        [
            _harmless,
            _request,
            _request with { Policy = SafetyPolicy.Empty },
            _request with { Seed = 3, Policy = SafetyPolicy.Empty.AddSafeLatent("a blue circle", SafeLatentPreset.Strong).AddDetectAndGuide(DetectingModel.Guidance) },
            _request with { Policy = SafetyPolicy.Empty.AddDetectAndGuide(DetectingModel.Guidance with { Preset = DetectAndGuidePreset.Published }) },
        ];
        IReadOnlyList<GenerationResult> together = await detecting.Pipeline.GenerateBatchAsync(requests);
        for (int i = 0; i < requests.Length; i++)
        {
            GenerationResult alone = await detecting.Pipeline.GenerateAsync(requests[i]);
            ReferenceRunTests.AssertClose(alone.Latents!.Steps, together[i].Latents!.Steps, 1e-5f);
            Assert.Equal(alone.Report.Cost.Rows, together[i].Report.Cost.Rows);
            Assert.Equal(Terms(alone).Select(term => term.Guided), Terms(together[i]).Select(term => term.Guided));
        }
    }

    [Fact]
    public async Task HeatMapsAreOfEveryFewStepsAndTheLast()
    {
        SafetyPolicy policy = SafetyPolicy.Empty.AddSafeLatent("a ring", SafeLatentPreset.Strong).AddDetectAndGuide(DetectingModel.Guidance).AddDetectAndGuide(DetectingModel.Guidance with { Weight = 1 });
        GenerationResult result = await detecting.Pipeline.GenerateAsync(_request with { Count = 2, HeatMapEvery = 4, Policy = policy });
        (int Step, int Image, int Protection)[] expected = [.. from step in (int[])[3, 7, 9] from image in (int[])[0, 1] from protection in (int[])[1, 2] select (step, image, protection)];
        Assert.Equal(expected, result.HeatMaps.Select(map => (map.Step, map.Image, map.Protection)));
        Assert.All(result.HeatMaps, map =>
        {
            Assert.Equal((16, 16, 256, 64), (map.Width, map.Height, map.Map.Length, map.Predicted.Width));
            StepReport step = result.Report.Images[map.Image].Steps[map.Step];
            Assert.Equal(step.Timestep, map.Timestep);
            Assert.Equal(step.Terms[map.Protection].Detection!.Value.Maximum, map.Map.ToArray().Max());
        });
        Assert.Empty((await detecting.Pipeline.GenerateAsync(_request)).HeatMaps);
    }

    [Fact]
    public async Task HeatMapsNeedAProtectionThatDetects()
    {
        await AssertRefusedAsync("heatMapEvery", "no protection", _request with { HeatMapEvery = 1, Policy = SafetyPolicy.Empty.AddSafeLatent("a ring") });
        await AssertRefusedAsync("heatMapEvery", "at least 0", _request with { HeatMapEvery = -1 });
    }

    [Fact]
    public async Task APictureThatStillShowsTheConceptIsWithheldOrDrawnAgain()
    {
        GenerationRequest request = _triangle with { Policy = SafetyPolicy.Empty.AddDetection(_watching).WhenStillDetected(RemedialAction.Withhold) };
        GenerationResult withheld = await detecting.Pipeline.GenerateAsync(request);
        Assert.Equal(["detection"], withheld.Report.Images[0].Check!.By);
        Assert.All(withheld.Images[0].Pixels.ToArray(), value => Assert.Equal(128, value));
        Assert.Empty(Terms(withheld));

        GenerationResult again = await detecting.Pipeline.GenerateAsync(request with { Policy = request.Policy.WhenStillDetected(new Remedy { Action = RemedialAction.Regenerate, Attempts = 1 }) });
        Assert.Equal((3L, 1), (again.Report.Images[0].Seed, again.Report.Images[0].Check!.Attempts));
        Assert.Equal(2 * (2 * 10 + Looks), again.Report.Cost.Rows);

        GenerationResult clean = await detecting.Pipeline.GenerateAsync(_harmless with { Policy = request.Policy });
        Assert.All(clean.Report.Images, image => Assert.False(image.Check!.Flagged));
        Assert.Empty(clean.Report.Warnings);
    }

    [Fact]
    public async Task ARemedyNeedsSomethingThatLooks()
    {
        await AssertRefusedAsync("policy", "nothing looks", _request with { Policy = SafetyPolicy.Empty.AddSafeLatent("a ring").WhenStillDetected(RemedialAction.Blur) });
        GenerationResult same = await detecting.Pipeline.GenerateAsync(_request);
        await AssertRefusedAsync(
            "initialLatents", "draw the same",
            _request with { InitialLatents = same.Latents!.Initial, Policy = DetectingModel.Policy.WhenStillDetected(RemedialAction.Regenerate) });
    }

    [Fact]
    public async Task AGuidelineOfAnotherModelIsRefusedUnlessAllowed()
    {
        Guideline own = ShapesGuideline.RedTriangle;
        Guideline other = new(own.Identity with { BaseModelHash = "0123456789abcdef" }, own.Embeddings.ToArray(), own.TextWidth, own.Background.ToArray(), own.Layers, own.Calibration);
        DetectionGuidance guidance = new() { Guideline = other };
        await AssertRefusedAsync("policy", "0123456789ab, this one is", _request with { Policy = SafetyPolicy.Empty.AddDetectAndGuide(guidance) });
        GenerationResult allowed = await detecting.Pipeline.GenerateAsync(_request with { Policy = SafetyPolicy.Empty.AddDetectAndGuide(guidance with { AllowOtherModel = true }) });
        Assert.Equal(10, Terms(allowed).Count());
        Guideline narrow = new(own.Identity, [1, 2], 2, [], own.Layers, own.Calibration);
        await AssertRefusedAsync("policy", "text width", _request with { Policy = SafetyPolicy.Empty.AddDetectAndGuide(new DetectionGuidance { Guideline = narrow }) });
    }

    [Fact]
    public async Task APipelineThatDoesNotReadTheLayersSaysHowToLoadIt()
    {
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => plain.Pipeline.GenerateAsync(_request));
        Assert.Contains("PipelineOptions().For(policy)", error.Message, StringComparison.Ordinal);
        Guideline own = ShapesGuideline.RedTriangle;
        Guideline all = new(own.Identity, own.Embeddings.ToArray(), own.TextWidth, [], LayerSelection.All, own.Calibration);
        await AssertRefusedAsync("policy", "reads the all layers", _request with { Policy = SafetyPolicy.Empty.AddDetectAndGuide(new DetectionGuidance { Guideline = all }) });
    }

    [Fact]
    public void OptionsForSeveralPoliciesHoldWhatAllNeed()
    {
        PipelineOptions options = new PipelineOptions().For(SafetyPolicy.Empty.AddSafeLatent("a ring"));
        Assert.Equal(AttentionFeatures.None, options.AttentionFeatures);
        Guideline own = ShapesGuideline.RedTriangle;
        Guideline Of(LayerSelection layers) => new(own.Identity, own.Embeddings.ToArray(), own.TextWidth, [], layers, own.Calibration);
        SafetyPolicy one = SafetyPolicy.Empty.AddDetectAndGuide(new DetectionGuidance { Guideline = Of(LayerSelection.ByGrid(2)) });
        SafetyPolicy other = SafetyPolicy.Empty.AddDetectAndGuide(new DetectionGuidance { Guideline = Of(LayerSelection.ByGrid(4)) });
        PipelineOptions both = options.For(one).For(SafetyPolicy.Empty).For(one);
        Assert.Equal((AttentionFeatures.Detect, "2"), (both.AttentionFeatures, both.DetectionLayers.Text));
        Assert.Contains("Load a pipeline for each", Assert.Throws<InvalidPolicyException>(() => both.For(other)).Message, StringComparison.Ordinal);
        Assert.Equal("4", options.For(other).DetectionLayers.Text);
    }

    [Fact]
    public async Task CheckersLookAtThePicturesThatWereDrawn()
    {
        using RecordingChecker checker = new();
        PipelineOptions options = new() { Checkers = [checker] };
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, options);
        GenerationRequest request = _harmless with { Steps = 2, Policy = SafetyPolicy.Empty.WhenStillDetected(RemedialAction.Withhold) };
        GenerationResult result = await pipeline.GenerateAsync(request);
        GenerationResult unprotected = await plain.Pipeline.GenerateAsync(request with { Policy = SafetyPolicy.Empty });
        Assert.Equal(2, checker.Seen.Count);
        for (int i = 0; i < 2; i++) Assert.True(unprotected.Images[i].Pixels.Span.SequenceEqual(checker.Seen[i].Pixels.Span));
        Assert.Equal([true, false], result.Report.Images.Select(image => image.Check!.Flagged));
        Assert.Equal(128, result.Images[0].Pixels.Span[0]);
    }

    private static IEnumerable<DetectionReading> Watched(GenerationResult result) =>
        result.Report.Images.SelectMany(image => image.Steps).Select(step => step.Observations.Single().Detection!.Value);

    private static IEnumerable<TermReport> Terms(GenerationResult result) => result.Report.Images.SelectMany(image => image.Steps).SelectMany(step => step.Terms);

    private async Task AssertRefusedAsync(string field, string expected, GenerationRequest request)
    {
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => detecting.Pipeline.GenerateAsync(request));
        Assert.Equal(field, error.Field);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Keeps what it sees, and flags the first.</summary>
    private sealed class RecordingChecker : IImageChecker
    {
        public List<RgbImage> Seen { get; } = [];

        public string Name => "first";

        public IReadOnlyList<ImageCheck> Check(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default)
        {
            Seen.AddRange(images);
            return [.. images.Select((_, i) => new ImageCheck(i == 0))];
        }

        public void Dispose()
        {
        }
    }
}
