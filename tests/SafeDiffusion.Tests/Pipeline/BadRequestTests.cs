using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Policies;

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
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task TheFieldIsNamed(string field, string what)
    {
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => model.Pipeline.GenerateAsync(Request(field, what)));
        Assert.Equal(field, error.Field);
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
        ("count", _) => _good with { Count = 0 },
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
}
