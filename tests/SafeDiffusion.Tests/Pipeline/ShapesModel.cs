using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Pipeline;

/// <summary>The shapes model, loaded once for all tests that need it.</summary>
public sealed class ShapesModel : IAsyncLifetime
{
    public SafeDiffusionPipeline Pipeline { get; private set; } = null!;

    public async Task InitializeAsync() => Pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel);

    public async Task DisposeAsync() => await Pipeline.DisposeAsync();
}

/// <summary>Tests that share <see cref="ShapesModel"/>.</summary>
[CollectionDefinition(Name)]
public sealed class ShapesModelGroup : ICollectionFixture<ShapesModel>
{
    public const string Name = "shapes model";
}
