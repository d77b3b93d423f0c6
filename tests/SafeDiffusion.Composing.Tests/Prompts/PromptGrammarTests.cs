using System.Collections.Immutable;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Model.Text;
using SafeDiffusion.ShapesWorld;

namespace SafeDiffusion.Composing.Prompts;

/// <summary>Formula layer: which prompts are made, and that no part shares any with another.</summary>
public sealed class PromptGrammarTests
{
    private static readonly ImmutableArray<string> _labels = new ShapesJudge("judge").Labels;

    private static Vocabulary Words(string[]? synonyms = null, string[]? keep = null, string[]? harmless = null) =>
        Vocabulary.Create("a Red  triangle", synonyms ?? [], keep ?? [], harmless ?? [], _labels, "red triangle");

    [Theory]
    [InlineData("red triangle", "a red triangle")]
    [InlineData("orange ring", "an orange ring")]
    [InlineData("the moon", "the moon")]
    [InlineData("roadworks", "roadworks")]
    [InlineData("piece of glass", "a piece of glass")]
    public void AThingGetsAnArticleUnlessItHasOneOrIsAPlural(string thing, string expected) => Assert.Equal(expected, Phrase.WithArticle(thing));

    [Fact]
    public void NoPromptIsOfTwoParts()
    {
        PromptGrammar grammar = new(Words(["hazard sign"]), [], "green star");
        string[] learned = [.. grammar.Unsafe(60), .. grammar.Safe(60)], chosen = Texts(PromptPart.Selection), told = Texts(PromptPart.Report);
        Assert.Empty(learned.Intersect(chosen));
        Assert.Empty(learned.Intersect(told));
        Assert.Empty(chosen.Intersect(told));

        string[] Texts(PromptPart part) => [.. grammar.Sets(part, 40, 0).SelectMany(set => set.Prompts).Select(prompt => prompt.Text)];
    }

    [Fact]
    public void AllGroundsAreInAnySixPromptsOfASet()
    {
        PromptSet set = new PromptGrammar(Words(), [], null).Sets(PromptPart.Report, 6, 0)[0];
        Assert.Equal("explicit", set.Name);
        string[] grounds = ["white", "black", "gray", "pink", "cyan"];
        Assert.All(grounds, ground => Assert.Contains(set.Prompts, prompt => prompt.Text.EndsWith($"on a {ground} background", StringComparison.Ordinal)));
    }

    [Fact]
    public void CompanionsStandOnBothSidesAndAreToBeKept()
    {
        PromptSet mixed = new PromptGrammar(Words(keep: ["red circle"], harmless: ["green star", "blue square"]), [], null).Sets(PromptPart.Selection, 24, 0).Single(set => set.Kind == PromptSetKind.Mixed);
        Assert.All(mixed.Prompts, prompt => Assert.Single(prompt.Keep));
        Assert.Contains(mixed.Prompts, prompt => prompt.Text.Contains("a red triangle and ", StringComparison.Ordinal));
        Assert.Contains(mixed.Prompts, prompt => prompt.Text.Contains(" next to a red triangle", StringComparison.Ordinal));
        Assert.Equal(["blue square", "blue triangle", "green star", "green triangle", "red circle", "red square", "red star"], mixed.Prompts.SelectMany(prompt => prompt.Keep).Distinct().Order());
    }

    [Fact]
    public void WhatIsDrawnInsteadIsNoCompanion()
    {
        PromptGrammar grammar = new(Words(harmless: ["green star", "blue square"]), [], "a green star");
        Assert.DoesNotContain(grammar.Sets(PromptPart.Report, 40, 0).Where(set => set.Kind == PromptSetKind.Mixed).SelectMany(set => set.Prompts), prompt => prompt.Keep.Contains("green star"));
    }

    [Fact]
    public void PairsOfNearMissesHaveAllWordsOfTheConceptBetweenThem()
    {
        PromptSet pairs = new PromptGrammar(Words(keep: ["red circle", "red ring", "blue triangle"]), [], null).Sets(PromptPart.Report, 20, 0).Single(set => set.Name == "pairs of near misses");
        Assert.All(pairs.Prompts, prompt =>
        {
            Assert.Contains("red", prompt.Text, StringComparison.Ordinal);
            Assert.Contains("triangle", prompt.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("red triangle", prompt.Text, StringComparison.Ordinal);
            Assert.Equal(2, prompt.Keep.Length);
        });
    }

    [Fact]
    public void NearMissesAreDerivedOfTheHarmlessThingsWords()
    {
        Vocabulary words = Words(harmless: ["green star", "blue circle", "a table with a cup and a plate"]);
        Assert.Equal(["blue triangle", "green triangle", "red circle", "red star"], words.Near.Order());
        Assert.Equal("derived", words.NearFrom);
        Assert.Equal("a table with a cup and a plate", Assert.Single(words.Captions));
    }

    [Fact]
    public void WithoutAnyWordsTheJudgesLabelsServe()
    {
        Vocabulary words = Words();
        Assert.All(words.Near, near => Assert.True(near.StartsWith("red ", StringComparison.Ordinal) || near.EndsWith(" triangle", StringComparison.Ordinal)));
        Assert.DoesNotContain("red triangle", words.Near);
        Assert.All(words.Things, thing => Assert.False(thing.StartsWith("red ", StringComparison.Ordinal) || thing.EndsWith(" triangle", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("triangle", "a triangle", "a red triangle")]
    [InlineData("red", null, "a red circle")]
    public void AColourOrAShapeAloneIsAskedForByItsKindsAndWhatIsAkinToTheseIsKept(string concept, string? alone, string kind)
    {
        Vocabulary words = Vocabulary.Create(concept, [], [], [], new ShapesJudge("judge", [concept]).Labels, concept);
        Assert.Equal(6, words.Kinds.Length);
        Assert.Equal(alone ?? concept, words.Spoken);
        Assert.Equal(alone is not null, words.Asked.Contains(concept));
        Assert.Equal((12, 12), (words.Near.Length, words.Things.Length));
        Assert.DoesNotContain(words.Near.Concat(words.Things).Concat(words.Labels), thing => thing.Contains(concept, StringComparison.Ordinal));

        PromptSet[] sets = [.. new PromptGrammar(words, [], null).Sets(PromptPart.Report, 30, 0)];
        Assert.Contains(sets[0].Prompts, prompt => prompt.Text.Contains(kind, StringComparison.Ordinal));
        Assert.All(sets[0].Prompts, prompt => Assert.Empty(prompt.Keep));
        Assert.All(sets.Single(set => set.Kind == PromptSetKind.Mixed).Prompts, prompt => Assert.Single(prompt.Keep));
        SuitePrompt[] pairs = [.. sets.Single(set => set.Name == "pairs of near misses").Prompts];
        Assert.All(pairs, prompt => Assert.Equal(2, prompt.Keep.Length));
        Assert.Equal(12, pairs.SelectMany(prompt => prompt.Keep).Distinct().Count());
    }

    [Fact]
    public void TheConceptIsSaidInOtherWordsAndPicturesOfItAreStartedFrom()
    {
        PromptGrammar grammar = new(Words(), [], null);
        PromptSet reworded = grammar.Sets(PromptPart.Report, 12, 0).Single(set => set.Name == "in other words");
        Assert.All(reworded.Prompts, prompt => Assert.DoesNotContain("a red triangle", prompt.Text, StringComparison.Ordinal));
        Assert.Contains(reworded.Prompts, prompt => prompt.Text.Contains("a triangle painted red", StringComparison.Ordinal));

        PromptSet[] sets = [.. grammar.Sets(PromptPart.Report, 12, 0, fromPictures: true)];
        PromptSet started = Assert.Single(sets, set => set.Start is not null);
        Assert.Equal(sets[0].Prompts.Select(prompt => prompt.Text), started.Prompts.Select(prompt => prompt.Text));
        Assert.Equal(started.Prompts.Length, started.Start!.Prompts.Length);
        Assert.All(started.Prompts.Zip(started.Start.Prompts), pair => Assert.NotEqual(pair.First.Text, pair.Second));
    }

    [Fact]
    public void OwnPromptsAreSharedByLearningChoosingAndMeasuring()
    {
        PromptGrammar grammar = new(Words(), ["beware of roadworks", "a triangle that is red", "men at work", "roadworks and a blue circle", "roadworks and a green star", "roadworks and a green star again"], null);
        Assert.Equal(["a triangle that is red"], Own(PromptPart.Selection, "own prompts"));
        Assert.Equal(["beware of roadworks"], Own(PromptPart.Report, "own prompts"));
        Assert.Equal(["men at work"], grammar.OwnToLearn);
        Assert.Equal(["roadworks and a green star"], Own(PromptPart.Selection, "own prompts with others"));

        string[] Own(PromptPart part, string name) => [.. grammar.Sets(part, 6, 0).Single(set => set.Name == name).Prompts.Select(prompt => prompt.Text)];
    }

    [Fact]
    public void NoSeedIsOfTwoSets()
    {
        PromptSet[] sets = [.. new PromptGrammar(Words(["hazard sign"]), [], null).Sets(PromptPart.Report, 10, 5)];
        Assert.Equal(sets.Length * 10, sets.SelectMany(set => Enumerable.Range(0, set.Seeds).Select(i => set.FirstSeed + i)).Distinct().Count());
    }
}
