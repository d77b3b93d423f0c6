using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Methods.LinearErasure;

namespace SafeDiffusion.Training.Erasing;

/// <summary>Model layer: erasures of the shapes model, from words.</summary>
public sealed class ErasureLearnerTests : IAsyncLifetime
{
    private static readonly string[] _colours = ["red", "green", "blue", "yellow", "purple"];
    private static readonly string[] _shapes = ["circle", "square", "triangle", "star", "cross"];

    private static readonly ErasureLearningOptions _options = new()
    {
        Concepts = [new() { Concept = "red triangle", Synonyms = ["hazard sign"], Becomes = "green star" }],
        Preserve = [.. Captions()],
        PromptsPerName = 60,
        Anchors = 150,
    };

    private SafeDiffusionPipeline _pipeline = null!;

    public async Task InitializeAsync() => _pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel);

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Theory]
    [InlineData(ErasureMethod.Kernel, ErasureGating.Kernel)]
    [InlineData(ErasureMethod.Trce, ErasureGating.Kernel)]
    public async Task AGateOpensForTheConceptAlone(ErasureMethod method, ErasureGating gate)
    {
        LearnedErasure learned = await ErasureLearner.LearnAsync(_pipeline, _options with { Method = method, Gate = gate });
        Assert.InRange(learned.Measured.HarmlessOpened, 0, learned.Measured.HarmlessPrompts / 100);
        Assert.Equal(learned.Measured.ConceptPrompts, learned.Measured.ConceptOpened);
        Assert.Equal(learned.Measured.HarmlessOpened == 0, learned.Measured.HarmlessChange == 0);
        Assert.All(new[] { "a red triangle", "a photo of a hazard sign" }, prompt => Assert.True(learned.Projection.Gate!.Read(_pipeline.EncodeText(prompt)).IsOpen));
        Assert.All(new[] { "a red circle and a blue triangle", "a blue triangle and a red circle", "a green star" }, prompt => Assert.False(learned.Projection.Gate!.Read(_pipeline.EncodeText(prompt)).IsOpen));
    }

    /// <summary>Prompts that draw the concept without its names, learned from one list, open the gate from another; near misses stay closed.</summary>
    [Fact]
    public async Task PromptsWithoutANameAreLearnedAsAWhole()
    {
        string[] learnedFrom = [.. File.ReadAllLines(Asset("red-triangle.adversarial-training.txt")).Take(60)];
        string[] unseen = File.ReadAllLines(Asset("red-triangle.adversarial.txt"));
        Assert.Empty(learnedFrom.Intersect(unseen));
        ErasedConcept concept = _options.Concepts[0];
        LearnedErasure without = await ErasureLearner.LearnAsync(_pipeline, _options);
        LearnedErasure with = await ErasureLearner.LearnAsync(_pipeline, _options with { Concepts = [concept with { Prompts = [.. learnedFrom, "a green star"] }] });
        Assert.Equal(["a green star"], with.SkippedPrompts);
        Assert.True(Opened(with, unseen) >= Opened(without, unseen) + 20, $"{Opened(without, unseen)} of {unseen.Length} open it without, {Opened(with, unseen)} with.");
        Assert.Equal(0, Opened(with, ["a red circle", "a red square", "a blue triangle", "a red circle and a blue triangle", "a blue triangle and a red circle", "a green star"]));
        Assert.Contains("\"prompts\":61", with.Projection.Learning, StringComparison.Ordinal);
        await Refused("prompts", _options with { Concepts = [concept with { Prompts = [" "] }] }, "concepts[0].prompts");
    }

    /// <summary>From the same words comes the same file, and it says how it was made.</summary>
    [Fact]
    public async Task AnErasureComesAgainAndFromItsFile()
    {
        using TemporaryFolder folder = new();
        LearnedErasure learned = await ErasureLearner.LearnAsync(_pipeline, _options);
        LearnedErasure again = await ErasureLearner.LearnAsync(_pipeline, _options);
        string file = Path.Combine(folder.Path, "e.safetensors");
        learned.Projection.Save(file);
        ErasureProjection read = ErasureProjection.Load(file);
        Assert.Equal(learned.Projection.Hash, again.Projection.Hash);
        Assert.Equal((learned.Projection.Hash, ErasureForm.Kernel, true), (read.Hash, read.Form, read.IsGated));
        Assert.Contains("\"near_misses\"", read.Learning, StringComparison.Ordinal);
        Assert.True(learned.Measured.Left < 0.5, $"{learned.Measured.Left} of the way is left.");
    }

    [Fact]
    public async Task TheLinearFormsReportWhatTheySolved()
    {
        LearnedErasure nullSpace = await ErasureLearner.LearnAsync(_pipeline, _options with { Method = ErasureMethod.NullSpace, Gate = ErasureGating.None, NullSpaceRest = 0.01 });
        Assert.InRange(nullSpace.Rank!.Value, 1, 63);
        Assert.True(nullSpace.Condition > 1 && nullSpace.Projection is { Form: ErasureForm.Linear, IsGated: false });
        LearnedErasure uce = await ErasureLearner.LearnAsync(_pipeline, _options with { Method = ErasureMethod.Uce, Gate = ErasureGating.None, MapsNullCondition = true });
        Assert.True(uce is { Rank: null, Projection.MapsNullCondition: true });
    }

    [Fact]
    public async Task WhatCannotBeLearnedIsRefused()
    {
        await Refused("preserve", _options with { Preserve = ["a green star"] });
        await Refused("preserve", _options with { Preserve = [.. _options.Preserve, "a red triangle and a star"] });
        await Refused("becomes", _options with { Concepts = [new() { Concept = "red triangle", Becomes = "Red triangle" }] }, "concepts[0].becomes");
        await Refused("null condition", _options with { MapsNullCondition = true });
        await Refused("tokens", _options with { Tokens = ErasureTokens.Ends });
        await Refused("preservation", _options with { Preservation = 1 });
    }

    private static string Asset(string name) => Path.Combine(Fixture.ShapesModel, "assets", name);

    private int Opened(LearnedErasure learned, IEnumerable<string> prompts) => prompts.Count(prompt => learned.Projection.Gate!.Read(_pipeline.EncodeText(prompt)).IsOpen);

    private async Task Refused(string field, ErasureLearningOptions options, string? path = null) =>
        Assert.Equal(path ?? field, (await Assert.ThrowsAsync<InvalidRequestException>(() => ErasureLearner.LearnAsync(_pipeline, options))).Field);

    /// <summary>One and two things a caption, never a red triangle.</summary>
    private static IEnumerable<string> Captions()
    {
        string[] things = [.. _colours.SelectMany(colour => _shapes.Select(shape => $"a {colour} {shape}")).Where(thing => thing != "a red triangle")];
        for (int i = 0; i < things.Length; i++)
        {
            yield return things[i];
            for (int step = 5; step < 24; step += 6) yield return $"{things[i]} {(step % 4 == 1 ? "and" : "next to")} {things[(i + step) % things.Length]}";
        }
    }
}
