using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: what is told while a model is loaded.</summary>
public sealed class LoadProgressTests
{
    [Fact]
    public async Task EveryNetworkIsToldBeforeItIsLoaded()
    {
        List<LoadProgress> told = [];
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions { LoadProgress = new Told<LoadProgress>(told) });
        Assert.Equal([new("text_encoder", 0, 4), new("vae_decoder", 1, 4), new("vae_encoder", 2, 4), new("unet", 3, 4), new("", 4, 4)], told);
    }
}
