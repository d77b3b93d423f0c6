using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Composing.Assets;

/// <summary>Formula layer: an asset is learned once for what it is learned from, and again for anything else.</summary>
public sealed class AssetShelfTests
{
    private static readonly LearningTask _task = new()
    {
        Model = "model",
        WeightsHash = "00",
        Concept = "red/../triangle",
        Synonyms = [],
        Asked = ["red triangle"],
        Instead = null,
        Keep = [],
        Prompts = ["a red triangle"],
        SafePrompts = [],
        Annotator = null,
        UnsafePictures = 1,
        SafePictures = 1,
        Steps = 5,
        GuidanceScale = 5,
        Seed = 0,
        Layers = Instrumentation.Analysis.LayerSelection.All,
        Pipeline = new(),
    };

    [Fact]
    public async Task NothingIsLearnedTwiceAndNothingOldIsTakenForNew()
    {
        using TemporaryFolder folder = new();
        int learned = 0;
        AssetRecipe recipe = new()
        {
            Kind = "charm",
            Version = 1,
            Fault = _ => null,
            Pictures = _ => 0,
            LearnAsync = (_, file, _, _) =>
            {
                learned++;
                File.WriteAllText(file, "learned");
                return Task.FromResult("well\nfew pictures");
            },
        };
        AssetShelf shelf = new(folder.Path, _task);
        await shelf.LearnAsync(recipe, null, CancellationToken.None);
        await new AssetShelf(folder.Path, _task).LearnAsync(recipe, null, CancellationToken.None);
        Assert.Equal(1, learned);
        Assert.Equal("well", shelf.Note(recipe).Note);
        Assert.Equal("few pictures", Assert.Single(shelf.Note(recipe).Shortcomings));
        Assert.Equal(folder.Path, Path.GetDirectoryName(shelf.PathOf(recipe)));

        await new AssetShelf(folder.Path, _task with { Prompts = ["a triangle"] }).LearnAsync(recipe, null, CancellationToken.None);
        await new AssetShelf(folder.Path, _task with { WeightsHash = "01" }).LearnAsync(recipe, null, CancellationToken.None);
        await shelf.LearnAsync(recipe with { Version = 2 }, null, CancellationToken.None);
        Assert.Equal(4, learned);
    }
}
