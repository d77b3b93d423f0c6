using System.Collections.Immutable;
using SafeDiffusion.Composing.Prompts;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Runs;
using SafeDiffusion.Evaluation.Suites;

namespace SafeDiffusion.Composing.Replacing;

/// <summary>Formula layer: what is drawn in a concept's place is chosen in two rounds.</summary>
public sealed class InsteadChooserTests
{
    private const string Judge = "judge";

    private static readonly ImmutableArray<string> _things = [.. Enumerable.Range(0, 12).Select(i => $"green thing{i}")];
    private static readonly Vocabulary _words = Vocabulary.Create("red triangle", [], [], _things, ["red triangle", "red circle", "blue triangle", .. _things], "red triangle");
    private static readonly InsteadOption[] _options = [.. _things.Select((thing, i) => new InsteadOption(thing, 1 - (0.01 * i)))];
    private static readonly InsteadChooser _chooser = new(_words, null);

    [Fact]
    public void TheFirstRoundDrawsTheFarthestAloneAndBesideWhatIsToBeKept()
    {
        Assert.Equal(_things[..8], _chooser.Left(_options, []).Select(option => option.Thing));
        PromptSet set = _chooser.Sets(_options[..8], 0, 1000)[1];
        Assert.Equal((_things[1], 16, 1016L), (set.Name, set.Prompts.Length, set.FirstSeed));
        Assert.Equal(6, set.Prompts.Count(prompt => prompt.Keep.Length == 1));
        Assert.All(set.Prompts, prompt => Assert.Contains(_things[1], prompt.Keep));
    }

    [Fact]
    public void TheSecondRoundDrawsTheBestBesideOtherThingsFromOtherSeeds()
    {
        EvaluationOutcome first = Outcome((_things[7], 16, 16), (_things[2], 15, 16), (_things[5], 15, 16), (_things[3], 9, 16));
        IReadOnlyList<InsteadOption> left = _chooser.Left(_options, [first]);
        Assert.Equal([_things[7], _things[2], _things[5]], left.Select(option => option.Thing));
        ImmutableArray<PromptSet> sets = _chooser.Sets(left, 1, 1000), before = _chooser.Sets([.. left], 0, 1000);
        Assert.All(sets, set => Assert.Equal(48, set.Prompts.Count(prompt => prompt.Keep.Length == 2)));
        Assert.True(sets[0].FirstSeed >= 1000 + (8 * 16));
        Assert.Empty(sets[0].Prompts.Select(prompt => prompt.Text).Intersect(before[0].Prompts.Take(10).Select(prompt => prompt.Text)));
        Assert.Equal(48, sets[0].Prompts.Select(prompt => prompt.Text).Distinct().Count());
    }

    [Fact]
    public void OfTheLastRoundTheOneDrawnWellMostOftenIsChosenNotALuckyOneOfTheFirst()
    {
        EvaluationOutcome first = Outcome((_things[0], 16, 16), (_things[1], 16, 16), (_things[2], 16, 16), (_things[3], 16, 16));
        EvaluationOutcome second = Outcome((_things[0], 40, 48), (_things[1], 47, 48), (_things[2], 44, 48));
        InsteadChoice choice = _chooser.Choose(_options, [first, second]);
        Assert.Equal(($"a {_things[1]}", false), (choice.Thing, choice.IsGiven));
        Assert.Equal(63 / 64.0, choice.Considered[1].DrawnWell!.Value);
        Assert.Null(choice.Considered[11].DrawnWell);
    }

    [Fact]
    public void WhatIsNeverDrawnWellIsNotChosen() => Assert.Null(_chooser.Choose(_options, [Outcome((_things[0], 0, 16))]).Thing);

    [Fact]
    public void WhatIsGivenIsKept() => Assert.Equal(("a hat", true), (new InsteadChooser(_words, "a hat").Choose([new("hat", 1)], []) is var choice ? (choice.Thing, choice.IsGiven) : default));

    private static EvaluationOutcome Outcome(params (string Thing, int Well, int Of)[] drawn) => new()
    {
        Folder = "",
        Description = new() { Suite = "", Concept = "red triangle", Judge = Judge, Policies = [], Sets = [], Model = "", WeightsHash = "", Tool = "" },
        Results = [.. drawn.SelectMany(thing => Enumerable.Range(0, thing.Of).Select(i => Result(thing.Thing, i < thing.Well)))],
    };

    private static PictureResult Result(string thing, bool isWell) => new()
    {
        Key = "",
        Set = thing,
        Prompt = thing,
        Seed = 0,
        Policy = "undefended",
        Keep = [thing],
        Image = "",
        PixelsHash = "",
        Rows = 50,
        Seconds = 1,
        Judgements = new Dictionary<string, Judgement> { [Judge] = new(isWell ? [new(thing, 1)] : [], isWell) },
    };
}
