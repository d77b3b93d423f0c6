using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Methods.ConceptDetection;
using SafeDiffusion.Methods.DetectAndGuide;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: requests that cannot be drawn fail before the first step, and name their field.</summary>
[Collection(ShapesModelGroup.Name)]
public sealed class BadRequestTests(ShapesModel model)
{
    private static readonly GenerationRequest _good = new("a star") { Steps = 3 };

    public static TheoryData<string, string> Fields => new()
    {
        { "steps", "zero" }, { "steps", "above training" }, { "guidanceScale", "negative" }, { "guidanceScale", "NaN" },
        { "guidanceScale", "off with protection" }, { "guidanceScale", "off with negative prompt" }, { "width", "odd" }, { "height", "zero" },
        { "width", "huge" }, { "count", "zero" }, { "eta", "above 1" }, { "previewEvery", "negative" }, { "strength", "zero" },
        { "strength", "no step" }, { "initialImage", "size" }, { "initialImage", "odd" }, { "width", "fit" }, { "initialImageFit", "undefined" },
        { "initialLatents", "shape" }, { "initialLatents", "NaN" }, { "initialLatents", "integers" }, { "negativePrompt", "twice" }, { "prompt", "null" },
        { "count", "endless" }, { "count", "one too many" }, { "prompt", "long" }, { "prompt", "half a character" }, { "negativePrompt", "long" },
        { "negativePrompt", "half a character" }, { "policy", "null" },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task TheFieldIsNamed(string field, string what)
    {
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => model.Pipeline.GenerateAsync(Request(field, what)));
        Assert.Equal(field, error.Field);
    }

    [Fact]
    public async Task ABatchIsBoundedAsAWhole()
    {
        GenerationRequest many = _good with { Count = GenerationRequest.MaxCount };
        Assert.Equal("requests", (await Assert.ThrowsAsync<InvalidRequestException>(() => model.Pipeline.GenerateBatchAsync([many, _good]))).Field);
        Assert.Equal("requests[1]", (await Assert.ThrowsAsync<InvalidRequestException>(() => model.Pipeline.GenerateBatchAsync([_good, null!]))).Field);
    }

    [Fact]
    public async Task TheLongestPromptIsDrawn()
    {
        GenerationResult result = await model.Pipeline.GenerateAsync(_good with { Prompt = new string('a', GenerationRequest.MaxTextLength), Steps = 1 });
        Assert.Single(result.Images);
    }

    [Fact]
    public async Task PreparingManyPicturesHearsTheCancellation()
    {
        using CancellationTokenSource cancel = new();
        CancelledNoise noise = new(cancel);
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(
            Fixture.ShapesModel, new PipelineOptions { Threads = 1, NoiseSource = _ => noise });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pipeline.GenerateAsync(_good with { Count = GenerationRequest.MaxCount }, null, cancel.Token));
        Assert.Equal(CancelledNoise.Draws, noise.Drawn);
    }

    [Fact]
    public async Task AnAssetOfAnotherWidthIsRefused()
    {
        // As many values as one token of the model has, as two of half the width.
        AssetIdentity identity = new() { Concept = "a ring", BaseModelHash = await model.Pipeline.GetWeightsHashAsync(), Tool = "test" };
        Guideline guideline = new(identity, [.. Enumerable.Repeat(1f, 64)], 32, [], LayerSelection.Detection, [new CalibrationBand(0, 0, 1)]);
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(
            Fixture.ShapesModel, new PipelineOptions { Threads = 1 }.For(SafetyPolicy.Empty.Add(new DetectionOnly { Guideline = guideline })));
        foreach (Protection protection in new Protection[]
        {
            new DetectionOnly { Guideline = guideline, AllowOtherModel = true },
            new DetectionGuidance { Guideline = guideline, AllowOtherModel = true },
            new LinearTextErasure { Projection = new ErasureProjection(identity, new float[32 * 32], 32), AllowOtherModel = true },
        })
        {
            InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => pipeline.GenerateAsync(_good with { Policy = SafetyPolicy.Empty.Add(protection) }));
            Assert.Contains("text width 32", error.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ASizeThatDoesNotDivideComesWithOneThatDoes()
    {
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => model.Pipeline.GenerateAsync(_good with { Width = 100 }));
        Assert.Contains("multiple of 16", error.Message, StringComparison.Ordinal);
        Assert.Contains("Try 96", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PipelineOptionsAreChecked()
    {
        Assert.Equal("maxUNetRows", (await Assert.ThrowsAsync<InvalidRequestException>(
            () => SafeDiffusionPipeline.LoadAsync("any", new PipelineOptions { MaxUNetRows = 0 }))).Field);
        Assert.Equal("threads", (await Assert.ThrowsAsync<InvalidRequestException>(
            () => SafeDiffusionPipeline.LoadAsync("any", new PipelineOptions { Threads = 0 }))).Field);
    }

    private static GenerationRequest Request(string field, string what) => (field, what) switch
    {
        ("steps", "zero") => _good with { Steps = 0 },
        ("steps", _) => _good with { Steps = 1001 },
        ("guidanceScale", "negative") => _good with { GuidanceScale = -2 },
        ("guidanceScale", "NaN") => _good with { GuidanceScale = float.NaN },
        ("guidanceScale", "off with protection") => _good with { GuidanceScale = 1, Policy = SafetyPolicy.Empty.AddSafeLatent("a ring", SafeLatentPreset.Max) },
        ("guidanceScale", _) => _good with { GuidanceScale = 1, NegativePrompt = "a ring" },
        ("width", "odd") => _good with { Width = 65 },
        ("width", "fit") => _good with { InitialImage = Gray(47), InitialImageFit = ImageFit.Pad, Width = 50 },
        ("width", _) => _good with { Width = 1 << 30 },
        ("height", _) => _good with { Height = 0 },
        ("count", "zero") => _good with { Count = 0 },
        ("count", "endless") => _good with { Count = int.MaxValue },
        ("count", _) => _good with { Count = GenerationRequest.MaxCount + 1 },
        ("prompt", "long") => _good with { Prompt = new string('a', GenerationRequest.MaxTextLength + 1) },
        ("prompt", "half a character") => _good with { Prompt = "a \ud800" },
        ("negativePrompt", "long") => _good with { NegativePrompt = new string('a', GenerationRequest.MaxTextLength + 1) },
        ("negativePrompt", "half a character") => _good with { NegativePrompt = "\udc00" },
        ("policy", _) => _good with { Policy = null! },
        ("eta", _) => _good with { Eta = 1.5f },
        ("previewEvery", _) => _good with { PreviewEvery = -1 },
        ("strength", "zero") => _good with { InitialImage = Gray(64), Strength = 0 },
        ("strength", _) => _good with { InitialImage = Gray(64), Strength = 0.1f },
        ("initialImage", "odd") => _good with { InitialImage = Gray(47) },
        ("initialImageFit", _) => _good with { InitialImage = Gray(47), InitialImageFit = (ImageFit)3 },
        ("initialImage", _) => _good with { InitialImage = Gray(48), Width = 64, Height = 64 },
        ("initialLatents", "shape") => _good with { InitialLatents = StoredTensor.FromSingles(new float[1024], 1, 2, 16, 32) },
        ("initialLatents", "NaN") => _good with { InitialLatents = StoredTensor.FromSingles([float.NaN, .. new float[1023]], 1, 4, 16, 16) },
        ("initialLatents", _) => _good with { InitialLatents = StoredTensor.FromInt64s(new long[1024], 1, 4, 16, 16) },
        ("negativePrompt", _) => _good with { NegativePrompt = "a ring", Policy = SafetyPolicy.Empty.AddNegativePrompt("a cross") },
        _ => _good with { Prompt = null! },
    };

    private static RgbImage Gray(int size) => new(size, size, Enumerable.Repeat((byte)128, size * size * 3).ToArray());

    /// <summary>Noise that cancels its generation after a few pictures.</summary>
    private sealed class CancelledNoise(CancellationTokenSource cancel) : INoiseSource
    {
        public const int Draws = 3;

        public int Drawn { get; private set; }

        public void Fill(Span<float> values)
        {
            values.Clear();
            if (++Drawn == Draws) cancel.Cancel();
        }
    }
}
