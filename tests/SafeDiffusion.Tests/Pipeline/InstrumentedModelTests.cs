using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Editing;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model.Loading;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: the shapes model with its UNet instrumented, in memory and on disk.</summary>
[Collection(ShapesModelGroup.Name)]
public sealed class InstrumentedModelTests(ShapesModel model)
{
    private static readonly GenerationRequest _request = new("a blue circle and a red triangle") { Steps = 8, Seed = 7, KeepLatents = true };

    [Theory]
    [InlineData(AttentionFeatures.Detect)]
    [InlineData(AttentionFeatures.All)]
    public async Task UnusedFeaturesDoNotChangeThePicture(AttentionFeatures features)
    {
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions { AttentionFeatures = features });
        await AssertSamePicture(pipeline);
    }

    [Theory]
    [InlineData(AttentionFeatures.None)]
    [InlineData(AttentionFeatures.All)]
    public async Task FusedAttentionDrawsTheSame(AttentionFeatures features)
    {
        using ModelVariant large = new();
        File.WriteAllText(large.File("unet/config.json"), File.ReadAllText(large.File("unet/config.json"))
            .Replace("\"sample_size\": 16", "\"sample_size\": 64", StringComparison.Ordinal));
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(large.Path, new PipelineOptions { AttentionFeatures = features });
        await using SafeDiffusionPipeline plain = await SafeDiffusionPipeline.LoadAsync(large.Path, new PipelineOptions { FuseAttention = false });
        Assert.Equal(64 * model.Pipeline.Model.VaeFactor, pipeline.Model.Width);
        GenerationRequest request = _request with { Width = model.Pipeline.Model.Width, Height = model.Pipeline.Model.Height };
        GenerationResult expected = await plain.GenerateAsync(request);
        GenerationResult actual = await pipeline.GenerateAsync(request);
        ReferenceRunTests.AssertClose(expected.Latents!.Final, actual.Latents!.Final, 1e-4f);
        OnnxModelFile unet = OnnxModelFile.Load(large.File("unet/model.onnx"));
        Assert.NotSame(unet, UNetFusion.Fuse(unet, 64, 64));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AFolderWrittenOnceDrawsTheSameAndIsNotWrittenTwice(bool copyWeights)
    {
        using TemporaryFolder folder = new();
        using ModelVariant original = new();
        string output = folder.File("instrumented");
        InstrumentationOptions options = new() { Features = AttentionFeatures.Detect | AttentionFeatures.Inhibit };
        Assert.True(InstrumentedModel.Write(original.Path, output, options, copyWeights));
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(output, "unet", "model.onnx"));
        Assert.False(InstrumentedModel.Write(original.Path, output, options, copyWeights));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(output, "unet", "model.onnx")));
        Assert.Throws<InvalidFileException>(() => InstrumentedModel.Write(original.Path, output, new InstrumentationOptions(), copyWeights));
        Assert.Equal([output], Directory.EnumerateFileSystemEntries(folder.Path));

        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(output);
        await AssertSamePicture(pipeline);
    }

    [Fact]
    public void NothingIsWrittenWhenTheGraphIsNotUnderstood()
    {
        using TemporaryFolder folder = new();
        using ModelVariant original = new();
        File.Copy(Fixture.Locate("graphs", "negative", "sigmoid-for-softmax", "unet", "model.onnx"), original.File("unet/model.onnx"), overwrite: true);
        Assert.Throws<GraphNotUnderstoodException>(() => InstrumentedModel.Write(original.Path, folder.File("out"), new InstrumentationOptions()));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    /// <summary>The instrumentation's own tolerance, 1e-5 a prediction, over 8 steps; and the same identity for assets.</summary>
    private async Task AssertSamePicture(SafeDiffusionPipeline pipeline)
    {
        GenerationResult expected = await model.Pipeline.GenerateAsync(_request);
        GenerationResult actual = await pipeline.GenerateAsync(_request);
        ReferenceRunTests.AssertClose(expected.Latents!.Final, actual.Latents!.Final, 1e-4f);
        Assert.Equal(expected.Report.Model.WeightsHash, actual.Report.Model.WeightsHash);
    }
}
