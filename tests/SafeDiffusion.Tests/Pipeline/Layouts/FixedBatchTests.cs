using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Pipeline.Layouts;

/// <summary>Model layer: a network whose graph fixes its batch is filled, and gives what the open one gives; fixed sizes that do not go together are refused at load.</summary>
[Collection(ShapesModelGroup.Name)]
public sealed class FixedBatchTests(ShapesModel model)
{
    private static readonly RgbImage _image = new(64, 64, new byte[3 * 64 * 64]);

    /// <summary>Three pictures, so that the last batch of two is filled.</summary>
    private static readonly GenerationRequest _request = new("a blue circle") { Steps = 3, Seed = 7, Count = 3, InitialImage = _image, KeepLatents = true };

    [Theory]
    [InlineData("text_encoder", "input_ids", new long[] { 2, 24 })]
    [InlineData("unet", "sample", new long[] { 2, 4, 16, 16 })]
    [InlineData("unet", "timestep", new long[] { 2 })]
    [InlineData("unet", "timestep", new long[] { 1 })]
    [InlineData("unet", "encoder_hidden_states", new long[] { 2, 24, 64 })]
    [InlineData("vae_decoder", "latent_sample", new long[] { 2, 4, 16, 16 })]
    [InlineData("vae_encoder", "sample", new long[] { 2, 3, 64, 64 })]
    public async Task AFixedBatchIsFilled(string network, string input, long[] sizes)
    {
        using ModelVariant variant = new ModelVariant().Edit(network, graph => GraphExport.FixAxes(graph, input, sizes));
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(variant.Path);
        await pipeline.TryNetworksAsync();
        GenerationResult expected = await model.Pipeline.GenerateAsync(_request);
        GenerationResult actual = await pipeline.GenerateAsync(_request);
        ReferenceRunTests.AssertClose(expected.Latents!.Final, actual.Latents!.Final, 1e-4f);
        for (int i = 0; i < _request.Count; i++)
            Assert.All(expected.Images[i].Pixels.ToArray().Zip(actual.Images[i].Pixels.ToArray()), pair => Assert.InRange(pair.Second - pair.First, -1, 1));
    }

    [Theory]
    [InlineData("unet", "encoder_hidden_states", new long[] { 3, 24, 64 }, "ONNX Runtime cannot load it")]
    [InlineData("unet", "timestep", new long[] { 3 }, "ONNX Runtime cannot load it")]
    [InlineData("unet", "encoder_hidden_states", new long[] { 2, 77, 64 }, "77 tokens")]
    [InlineData("vae_decoder", "latent_sample", new long[] { 1, 4, 32, 32 }, "fixes the latents'")]
    [InlineData("vae_decoder", "latent_sample", new long[] { 2000, 4, 16, 16 }, "a batch of 2000")]
    public async Task SizesThatDoNotGoTogetherAreRefused(string network, string input, long[] sizes, string reason)
    {
        using ModelVariant variant = new ModelVariant()
            .Edit("unet", graph => GraphExport.FixAxes(graph, "sample", 2, 4, 16, 16))
            .Edit(network, graph => GraphExport.FixAxes(graph, input, sizes));
        InvalidFileException error = await Assert.ThrowsAsync<InvalidFileException>(() => SafeDiffusionPipeline.LoadAsync(variant.Path));
        Assert.Contains($"{network}/model.onnx", error.File.Replace('\\', '/'), StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APictureOfAnotherSizeThanTheEncoderWasExportedForIsRefused()
    {
        using ModelVariant variant = new ModelVariant().Edit("vae_encoder", graph => GraphExport.FixAxes(graph, "sample", 1, 3, 32, 32));
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(variant.Path);
        await pipeline.TryNetworksAsync();
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => pipeline.GenerateAsync(_request));
        Assert.Contains("exported for 32x32 only", error.Message, StringComparison.Ordinal);
    }
}
