using SafeDiffusion.Core.Errors;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: several requests drawn together.</summary>
[Collection(ShapesModelGroup.Name)]
public sealed class BatchTests(ShapesModel model)
{
    private static readonly GenerationRequest _request = new("a green star") { Seed = 3, Steps = 6, GuidanceScale = 5, KeepLatents = true };

    private static readonly GenerationRequest[] _requests =
    [
        _request,
        _request with { Prompt = "a red triangle on a white background", Seed = 8, Count = 2, Policy = SafetyPolicy.Empty.AddSafeLatent("a red triangle", SafeLatentPreset.Max) },
        _request with { Prompt = "a blue circle", Seed = 1, GuidanceScale = 7, Policy = SafetyPolicy.Empty.AddNegativePrompt("a red triangle") },
        _request,
    ];

    [Fact]
    public async Task EachRequestGetsWhatItWouldGetAlone()
    {
        IReadOnlyList<GenerationResult> together = await model.Pipeline.GenerateBatchAsync(_requests);
        Assert.Equal([1, 2, 1, 1], together.Select(result => result.Images.Count));
        for (int i = 0; i < _requests.Length; i++)
        {
            GenerationResult alone = await model.Pipeline.GenerateAsync(_requests[i]);
            ReferenceRunTests.AssertClose(alone.Latents!.Steps, together[i].Latents!.Steps, 1e-5f);
            Assert.Equal(alone.Report.Cost.Rows, together[i].Report.Cost.Rows);
            Assert.Equal(alone.Report.SettingsJson(), together[i].Report.SettingsJson());
        }
        Assert.True(together[0].Images[0].Pixels.Span.SequenceEqual(together[3].Images[0].Pixels.Span));
    }

    [Fact]
    public async Task TimesAreSharedOutByRows()
    {
        IReadOnlyList<GenerationResult> results = await model.Pipeline.GenerateBatchAsync(_requests);
        Assert.Equal([12, 36, 12, 12], results.Select(result => result.Report.Cost.Rows));
        Assert.Equal(3, results[1].Report.Cost.DenoisingSeconds / results[0].Report.Cost.DenoisingSeconds, 6);
    }

    [Fact]
    public async Task RequestsThatCannotShareAStepAreRefused()
    {
        (GenerationRequest Other, string Field)[] cases =
        [
            (_request with { Width = 96 }, "width and height"),
            (_request with { Steps = 7 }, "steps and strength"),
            (_request with { Eta = 0.5f }, "eta"),
        ];
        foreach ((GenerationRequest other, string field) in cases)
        {
            InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => model.Pipeline.GenerateBatchAsync([_request, other]));
            Assert.Equal("requests[1]", error.Field);
            Assert.Contains(field, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task NoRequestGivesNoResult() => Assert.Empty(await model.Pipeline.GenerateBatchAsync([]));

    [Fact]
    public async Task PreviewsAreOfTheRequestsThatAskForThem()
    {
        List<int> previews = [];
        SynchronousProgress progress = new(report => previews.Add(report.Previews.Count));
        await model.Pipeline.GenerateBatchAsync([_request, _request with { Count = 2, PreviewEvery = 3 }], progress);
        Assert.Equal([0, 0, 2, 0, 0, 2], previews);
    }

    private sealed class SynchronousProgress(Action<GenerationProgress> report) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => report(value);
    }
}
