using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Policies;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: what a generation promises beside the reference's values.</summary>
[Collection(ShapesModelGroup.Name)]
public sealed class PipelineTests(ShapesModel model)
{
    private static readonly GenerationRequest _request = new("a blue circle and a red triangle on a gray background")
    {
        Seed = 7,
        Steps = 10,
        GuidanceScale = 5,
        KeepLatents = true,
    };

    private static readonly SafetyPolicy _policy = SafetyPolicy.Empty.AddSafeLatent("a red triangle", SafeLatentPreset.Strong);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task AnyChunkingGivesTheSamePictures(int maxRows)
    {
        GenerationRequest request = _request with { Count = 3, Policy = _policy };
        GenerationResult whole = await model.Pipeline.GenerateAsync(request);
        await using SafeDiffusionPipeline chunked = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions { MaxUNetRows = maxRows });
        GenerationResult parts = await chunked.GenerateAsync(request);
        ReferenceRunTests.AssertClose(whole.Latents!.Final, parts.Latents!.Final, 1e-5f);
        Assert.Equal(whole.Report.Cost.Rows, parts.Report.Cost.Rows);
    }

    [Fact]
    public async Task EachPictureCanBeMadeAgainAloneFromItsSeed()
    {
        GenerationResult three = await model.Pipeline.GenerateAsync(_request with { Count = 3 });
        GenerationResult third = await model.Pipeline.GenerateAsync(_request with { Seed = 9 });
        int length = third.Latents!.Final.Count;
        StoredTensor last = StoredTensor.FromSingles(three.Latents!.Final.AsSingles()[(2 * length)..], 1, 4, 16, 16);
        ReferenceRunTests.AssertClose(third.Latents.Final, last, 1e-5f);
        Assert.Equal([7L, 8L, 9L], three.Report.Images.Select(image => image.Seed));
    }

    [Fact]
    public async Task LatentsReadBackGiveTheSamePictureAsTheirSeed()
    {
        using TemporaryFolder folder = new();
        GenerationResult first = await model.Pipeline.GenerateAsync(_request);
        first.Latents!.Save(folder.File("latents.safetensors"));
        StoredTensor initial = SafeTensorsFile.Load(folder.File("latents.safetensors")).Get("latents_initial");
        GenerationResult again = await model.Pipeline.GenerateAsync(_request with { Seed = 1234, InitialLatents = initial });
        Assert.True(first.Images[0].Pixels.Span.SequenceEqual(again.Images[0].Pixels.Span));
        Assert.Equal([10, 4, 16, 16], first.Latents.Steps.Shape.AsEnumerable());
    }

    [Fact]
    public async Task GivenLatentsTellTheSize()
    {
        StoredTensor wide = StoredTensor.FromSingles(new float[2 * 4 * 16 * 24], 2, 4, 16, 24);
        GenerationResult result = await model.Pipeline.GenerateAsync(_request with { Count = 2, InitialLatents = wide });
        Assert.All(result.Images, image => Assert.Equal((96, 64), (image.Width, image.Height)));
    }

    [Fact]
    public async Task TheNoiseSourceCanBeReplaced()
    {
        GenerationResult torch = await model.Pipeline.GenerateAsync(_request);
        PipelineOptions options = new() { NoiseSource = _ => new GivenNoise(torch.Latents!.Initial.AsSingles()) };
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, options);
        GenerationResult given = await pipeline.GenerateAsync(_request with { Seed = 99 });
        Assert.True(torch.Images[0].Pixels.Span.SequenceEqual(given.Images[0].Pixels.Span));
    }

    [Fact]
    public async Task EtaDrawsItsNoiseFromTheSeed()
    {
        GenerationResult still = await model.Pipeline.GenerateAsync(_request);
        GenerationResult first = await model.Pipeline.GenerateAsync(_request with { Eta = 1 });
        GenerationResult second = await model.Pipeline.GenerateAsync(_request with { Eta = 1 });
        Assert.True(first.Latents!.Final.AsSingles().SequenceEqual(second.Latents!.Final.AsSingles()));
        Assert.False(first.Latents.Final.AsSingles().SequenceEqual(still.Latents!.Final.AsSingles()));
    }

    [Fact]
    public async Task ImageToImageTakesTheShareOfStepsAndKeepsMoreAtLowStrength()
    {
        RgbImage picture = (await model.Pipeline.GenerateAsync(_request with { Steps = 25 })).Images[0];
        GenerationRequest request = _request with { Prompt = "a green star on a gray background", Steps = 20, InitialImage = picture };
        GenerationResult little = await model.Pipeline.GenerateAsync(request with { Strength = 0.1f });
        GenerationResult much = await model.Pipeline.GenerateAsync(request with { Strength = 1 });
        GenerationResult same = await model.Pipeline.GenerateAsync(request with { Prompt = _request.Prompt, Strength = 0.2f });
        Assert.Equal(2, little.Report.Images[0].Steps.Count);
        Assert.Equal(20, much.Report.Images[0].Steps.Count);
        Assert.InRange(Difference(picture, little.Images[0]) / Difference(picture, much.Images[0]), 0, 0.5);
        Assert.InRange(Difference(picture, same.Images[0]), 0, 5);
    }

    /// <summary>The nearest size that the model draws, the size asked for, or one side asked for and the other by the picture's shape.</summary>
    [Theory]
    [InlineData(61, 47, null, null, 64, 48)]
    [InlineData(61, 47, 48, 32, 48, 32)]
    [InlineData(61, 47, 32, null, 32, 32)]
    [InlineData(61, 30, null, 32, 64, 32)]
    [InlineData(7, 40, null, null, 16, 48)]
    public async Task AnInitialPictureIsFitted(int width, int height, int? askedWidth, int? askedHeight, int drawnWidth, int drawnHeight)
    {
        RgbImage picture = new(width, height, new byte[3 * width * height]);
        foreach (ImageFit fit in Enum.GetValues<ImageFit>())
        {
            GenerationResult result = await model.Pipeline.GenerateAsync(
                _request with { Steps = 2, InitialImage = picture, InitialImageFit = fit, Strength = 0.6f, Width = askedWidth, Height = askedHeight });
            Assert.Equal((drawnWidth, drawnHeight), (result.Images[0].Width, result.Images[0].Height));
        }
    }

    [Theory]
    [InlineData("a (red:1.3) triangle BREAK <lora:foo:0.8>", null, "(red:1.3), BREAK, <lora:foo:0.8>")]
    [InlineData("a star", "(blue:2)", "(blue:2)")]
    [InlineData("a ((red)) [blue] {a|b} triangle", null, null)]
    public async Task SyntaxOfOtherToolsIsToldOf(string prompt, string? negative, string? found)
    {
        GenerationResult result = await model.Pipeline.GenerateAsync(new GenerationRequest(prompt) { NegativePrompt = negative, Steps = 1 });
        string[] messages = [.. result.Report.Warnings.Where(warning => warning.Code == "prompt-syntax-literal").Select(warning => warning.Message)];
        if (found is null) Assert.Empty(messages);
        else Assert.StartsWith($"the text holds {found}, which other tools give a meaning", Assert.Single(messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(96, 64)]
    [InlineData(64, 32)]
    public async Task OtherSizesWork(int width, int height)
    {
        GenerationResult result = await model.Pipeline.GenerateAsync(_request with { Width = width, Height = height });
        Assert.Equal((width, height), (result.Images[0].Width, result.Images[0].Height));
        Assert.Equal([1, 4, height / 4, width / 4], result.Latents!.Initial.Shape.AsEnumerable());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    public async Task ACancelledGenerationStopsBeforeItsNextStep(int step)
    {
        using CancellationTokenSource source = new();
        int steps = 0;
        Progress progress = new(_ =>
        {
            if (++steps == step) source.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => model.Pipeline.GenerateAsync(_request, progress, source.Token));
        Assert.Equal(step, steps);
    }

    [Fact]
    public async Task ProgressTellsEveryStepAndPreviewsWhenAsked()
    {
        List<GenerationProgress> all = [];
        await model.Pipeline.GenerateAsync(_request with { PreviewEvery = 4, Count = 2 }, new Progress(all.Add));
        Assert.Equal(Enumerable.Range(1, 10), all.Select(progress => progress.Step));
        Assert.Equal([4, 8], all.Where(progress => progress.Previews.Count == 2).Select(progress => progress.Step));
        Assert.Equal(40, all[^1].Rows);
    }

    [Fact]
    public async Task AWeakPresetCostsNothingDuringWarmup()
    {
        GenerationRequest request = _request with { Steps = 20, Policy = SafetyPolicy.Empty.AddSafeLatent("a red triangle", SafeLatentPreset.Weak) };
        GenerationReport report = (await model.Pipeline.GenerateAsync(request)).Report;
        Assert.Equal(15 * 2 + 5 * 3, report.Cost.Rows);
        Assert.Equal("warm-up", report.Images[0].Steps[14].Terms[0].Reason);
        Assert.True(report.Images[0].Steps[15].Terms[0] is { Guided: true, Norm: > 0 });
    }

    [Fact]
    public async Task TheNegativePromptOfAPolicyIsTheRequests()
    {
        GenerationResult request = await model.Pipeline.GenerateAsync(_request with { NegativePrompt = "a red triangle" });
        GenerationResult policy = await model.Pipeline.GenerateAsync(_request with { Policy = SafetyPolicy.Empty.AddNegativePrompt("a red triangle") });
        Assert.True(request.Images[0].Pixels.Span.SequenceEqual(policy.Images[0].Pixels.Span));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public async Task TheEmptyPromptIsTheNullPrompt(string prompt)
    {
        GenerationReport report = (await model.Pipeline.GenerateAsync(_request with { Prompt = prompt })).Report;
        Assert.Empty(report.Warnings);
        Assert.Equal(prompt, report.Request.Prompt);
    }

    [Fact]
    public async Task LostTextAndEscapedTokensAreInTheReport()
    {
        string prompt = string.Join(' ', Enumerable.Repeat("a blue circle", 10)) + " <|endoftext|> a star";
        GenerationReport report = (await model.Pipeline.GenerateAsync(_request with { Prompt = prompt })).Report;
        Assert.Contains("a star", report.Warnings.Single(warning => warning.Code == "text-truncated").Message, StringComparison.Ordinal);
        Assert.Contains("<|endoftext|>", report.Warnings.Single(warning => warning.Code == "special-tokens-escaped").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnePipelineServesSeveralThreads()
    {
        GenerationResult alone = await model.Pipeline.GenerateAsync(_request with { Policy = _policy });
        GenerationResult[] together = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => model.Pipeline.GenerateAsync(_request with { Policy = _policy })));
        Assert.All(together, result => Assert.True(alone.Latents!.Final.AsSingles().SequenceEqual(result.Latents!.Final.AsSingles())));
    }

    [Fact]
    public async Task DisposingWaitsForRunningGenerations()
    {
        SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel);
        TaskCompletionSource started = new();
        Task<GenerationResult> running = pipeline.GenerateAsync(_request, new Progress(_ => started.TrySetResult()));
        await started.Task;
        await pipeline.DisposeAsync();
        Assert.True(running.IsCompletedSuccessfully || (await running).Images.Count == 1);
        await pipeline.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pipeline.GenerateAsync(_request));
    }

    [Fact]
    public async Task ThePictureHoldsItsSettingsUnlessSwitchedOff()
    {
        using TemporaryFolder folder = new();
        GenerationResult result = await model.Pipeline.GenerateAsync(_request with { Policy = _policy });
        result.SavePng(0, folder.File("with.png"));
        result.SavePng(0, folder.File("without.png"), settings: false);
        string settings = PngCodec.ReadText(folder.File("with.png"))[GenerationResult.SettingsKeyword];
        Assert.Contains("\"seed\":7", settings, StringComparison.Ordinal);
        Assert.Contains("a red triangle", settings, StringComparison.Ordinal);
        Assert.Empty(PngCodec.ReadText(folder.File("without.png")));
        Assert.True(RgbImage.Load(folder.File("with.png")).Pixels.Span.SequenceEqual(result.Images[0].Pixels.Span));
    }

    private static double Difference(RgbImage left, RgbImage right)
    {
        ReadOnlySpan<byte> a = left.Pixels.Span, b = right.Pixels.Span;
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += Math.Abs(a[i] - b[i]);
        return sum / a.Length;
    }

    /// <summary>Progress on the loop's own thread.</summary>
    private sealed class Progress(Action<GenerationProgress> report) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => report(value);
    }
}
