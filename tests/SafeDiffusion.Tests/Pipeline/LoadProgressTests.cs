using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: what is told while a model is loaded.</summary>
public sealed class LoadProgressTests
{
    [Fact]
    public async Task EveryNetworkIsToldBeforeItIsLoaded()
    {
        Told told = new();
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions { LoadProgress = told });
        Assert.Equal([new("text_encoder", 0, 4), new("vae_decoder", 1, 4), new("vae_encoder", 2, 4), new("unet", 3, 4), new("", 4, 4)], told.All);
    }

    private sealed class Told : IProgress<LoadProgress>
    {
        public List<LoadProgress> All { get; } = [];

        public void Report(LoadProgress value) => All.Add(value);
    }
}
