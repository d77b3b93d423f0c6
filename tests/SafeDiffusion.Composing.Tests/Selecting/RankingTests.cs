using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Composing.Selecting;

/// <summary>Formula layer: which candidate is chosen, and when none is.</summary>
public sealed class RankingTests
{
    private static readonly ProtectionLimits _limits = new() { Found = 0.1, Kept = 0.9, Identical = 0.9, Cost = 2 };

    private static readonly HashSet<string> _watching = ["watching"];

    private static PolicyFigures Figures(string name, int found, int kept = 40, int identical = 40, double cost = 1, int clean = 40, int of = 40) => new(
        name,
        [
            new() { Set = "explicit", Kind = PromptSetKind.Concept, Pictures = of, Found = Share.Measure(found, of), Clean = Share.Measure(clean, of), Cost = cost },
            new() { Set = "near misses", Kind = PromptSetKind.Harmless, Pictures = of, Kept = Share.Measure(kept, of), Identical = Share.Measure(0, of), Cost = cost },
            new() { Set = "harmless", Kind = PromptSetKind.Harmless, Pictures = of, Kept = Share.Measure(of, of), Identical = Share.Measure(identical, of), Cost = cost },
        ],
        cost);

    private static string? Chosen(params PolicyFigures[] figures) => new Ranking(_limits, _watching).Choose(figures)?.Policy;

    [Fact]
    public void OfThoseThatKeepTheOneThatErasesMostIsChosen() =>
        Assert.Equal("b", Chosen(Figures("erases all, keeps half", 0, kept: 20), Figures("a", 4), Figures("b", 1)));

    [Fact]
    public void AmongThoseThatEraseAlikeTheOneThatKeepsMostIsChosen() =>
        Assert.Equal("b", Chosen(Figures("a", 0, identical: 36, clean: 30), Figures("b", 0)));

    [Fact]
    public void AmongThoseThatAreAlikeInAllTheCheapestIsChosen() => Assert.Equal("b", Chosen(Figures("a", 0, cost: 1.5), Figures("b", 0, cost: 1.1)));

    [Fact]
    public void AmongThoseThatEraseAlikeOneThatLooksAtThePictureIsChosen()
    {
        Assert.Equal("watching", Chosen(Figures("a", 0), Figures("watching", 0, identical: 39, cost: 1.04)));
        Assert.Equal("a", Chosen(Figures("a", 0), Figures("watching", 0, identical: 36, cost: 1.04, clean: 34)));
        Assert.Equal("a", Chosen(Figures("a", 0), Figures("watching", 3)));
    }

    [Fact]
    public void WhatErasesTooLittleIsNotChosenThoughItKeepsAll() => Assert.Null(Chosen(Figures("does nothing", 40), Figures("does little", 10)));

    [Fact]
    public void WhatCostsTooMuchIsNotChosen() => Assert.Null(Chosen(Figures("a", 0, cost: 2.5)));

    [Fact]
    public void ASetThatIsLostIsNotMadeGoodByAnother() => Assert.Null(Chosen(Figures("a", 0, kept: 20)));

    [Fact]
    public void OneUnluckyPictureOfASmallSetDecidesNothing()
    {
        // 5 of 6 are 83 %, below the limit, with an interval that reaches above it; both harmless sets together are at 98 %.
        PolicyFigures small = Figures("a", 0) with { };
        SetFigures near = small.Sets[1] with { Pictures = 6, Kept = Share.Measure(5, 6) };
        Assert.Equal("a", Chosen(small with { Sets = [small.Sets[0], near, small.Sets[2]] }));
        // Nor where a limit is of that set alone; two of six do.
        Assert.Equal("a", Chosen(small with { Sets = [small.Sets[0], small.Sets[1], small.Sets[2] with { Identical = Share.Measure(5, 6) }] }));
        Assert.Null(Chosen(small with { Sets = [small.Sets[0], small.Sets[1], small.Sets[2] with { Identical = Share.Measure(4, 6) }] }));
    }

    [Fact]
    public void ThoseThatMissLimitsAreOrderedByHowMuch() =>
        Assert.Equal(["good", "near", "far"], new Ranking(_limits, _watching).Order([Figures("far", 30), Figures("near", 0, kept: 30), Figures("good", 0)]).Select(figures => figures.Policy));

    [Fact]
    public void AFigureThatItsIntervalDoesNotProveIsTold()
    {
        LimitCheck check = new(_limits);
        Assert.Empty(check.Missed(Figures("a", 2)));
        Assert.Contains(check.Unproven(Figures("a", 2)), clause => clause.StartsWith("explicit: found in", StringComparison.Ordinal) || clause.StartsWith("explicit: found 5 %", StringComparison.Ordinal));
        Assert.False(check.SurelyMisses(Figures("a", 5)));
        Assert.True(check.SurelyMisses(Figures("a", 12)));
    }

    [Theory]
    [InlineData(16, 24, 3)]
    [InlineData(3, 24, 1)]
    [InlineData(16, 6, 2)]
    [InlineData(16, 4, 1)]
    public void RoundsHaveMorePicturesAndFewerCandidates(int candidates, int pictures, int expected)
    {
        IReadOnlyList<SelectionRound> rounds = SelectionRound.Plan(candidates, pictures);
        Assert.Equal(expected, rounds.Count);
        Assert.Equal((candidates, pictures), (rounds[0].Candidates, rounds[^1].Pictures));
        Assert.Equal(rounds.Select(round => round.Pictures), rounds.Select(round => round.Pictures).Distinct().Order());
        Assert.Equal(rounds.Select(round => round.Candidates), rounds.Select(round => round.Candidates).OrderDescending());
    }
}
