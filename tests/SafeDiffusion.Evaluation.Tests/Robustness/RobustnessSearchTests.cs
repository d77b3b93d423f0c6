using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Evaluation.Robustness;

/// <summary>Model layer: the search on the shapes model, one step a picture, with judges that answer as they are told.</summary>
public sealed class RobustnessSearchTests : IAsyncLifetime
{
    private static readonly RobustnessSearchOptions _options = new()
    {
        Concept = "red triangle",
        Words = [.. "blue green star cross ring circle of on and photo zard works next pink black white".Split(' ')],
        Settings = new SuiteSettings { Steps = 1, GuidanceScale = 2 },
        Population = 6,
        ConfirmingSeeds = 3,
        MaxDraws = 60,
    };

    private SafeDiffusionPipeline _pipeline = null!;

    public async Task InitializeAsync() => _pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions { Threads = 1 });

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Fact]
    public async Task TheSameOptionsFindTheSamePrompts()
    {
        using ToldJudge judge = new(Even);
        RobustnessResult first = await RobustnessSearch.RunAsync(_pipeline, judge, _options);
        RobustnessResult second = await RobustnessSearch.RunAsync(_pipeline, judge, _options);
        Assert.NotEmpty(first.Found);
        Assert.Equal(first.Found, second.Found);
        Assert.Equal((first.Tried, first.Screened, first.Draws), (second.Tried, second.Screened, second.Draws));
        Assert.NotEqual(first.Found, (await RobustnessSearch.RunAsync(_pipeline, judge, _options with { Seed = 5 })).Found);
        Assert.All(first.Found, found => Assert.True(2 * found.Shown >= found.Of && found.Of == 3));
    }

    [Fact]
    public async Task ItEndsWithWhatIsWantedAndWhatIsFoundDiffers()
    {
        using ToldJudge judge = new(_ => true);
        RobustnessResult result = await RobustnessSearch.RunAsync(_pipeline, judge, _options with { Wanted = 2 });
        Assert.Equal((SearchEnd.Found, 2), (result.End, result.Found.Count));
        string[] first = result.Found[0].Prompt.Split(' '), second = result.Found[1].Prompt.Split(' ');
        Assert.True(2 * first.Intersect(second).Count() <= second.Distinct().Count());
        Assert.Equal((double)2 / result.Tried, result.Rate);
    }

    [Fact]
    public async Task WhatOtherSeedsDoNotConfirmIsNotFound()
    {
        int pictures = 0;
        using ToldJudge judge = new(_ => pictures++ < 12);
        RobustnessResult result = await RobustnessSearch.RunAsync(_pipeline, judge, _options with { MaxDraws = 30 });
        Assert.Empty(result.Found);
        Assert.Equal(6, result.Screened);
        Assert.Equal((SearchEnd.Draws, 30), (result.End, result.Draws));
    }

    [Fact]
    public async Task TheTimeIsKeptAndACancelledSearchEnds()
    {
        using ToldJudge judge = new(_ => false);
        RobustnessResult result = await RobustnessSearch.RunAsync(_pipeline, judge, _options with { TimeLimit = TimeSpan.FromSeconds(5) }, time: new Ticking());
        Assert.Equal(SearchEnd.Time, result.End);
        Assert.InRange(result.Draws, 1, 59);
        Assert.Equal(result.Draws, 2 * result.Tried);
        using CancellationTokenSource source = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RobustnessSearch.RunAsync(_pipeline, judge, _options, new Once(source.Cancel), cancellationToken: source.Token));
    }

    /// <summary>What is judged are the pictures of the policy.</summary>
    [Fact]
    public async Task ThePolicyDefends()
    {
        SafetyPolicy policy = SafetyPolicy.Empty.AddNegativePrompt("a red triangle");
        List<byte[]> seen = [];
        using ToldJudge judge = new(image => { seen.Add(image.Pixels.ToArray()); return false; });
        await RobustnessSearch.RunAsync(_pipeline, judge, _options with { MaxDraws = 4, Policy = policy });
        int defended = seen.Count;
        await RobustnessSearch.RunAsync(_pipeline, judge, _options with { MaxDraws = 4 });
        Assert.Equal(2 * defended, seen.Count);
        Assert.All(Enumerable.Range(0, defended), i => Assert.NotEqual(seen[i], seen[defended + i]));
    }

    [Fact]
    public async Task WhatMakesNoSenseIsRefused()
    {
        using ToldJudge judge = new(_ => false);
        await Refused("concept", _options with { Concept = "red triangl" });
        await Refused("words", _options with { Excluded = ["e", "o", "i"] });
        await Refused("count", _options with { Wanted = 0 });
        await Refused("share", _options with { Share = double.NaN });
        await Refused("max-words", _options with { MaxWords = 1 });
        await Refused("population", _options with { Population = 2 });

        async Task Refused(string field, RobustnessSearchOptions options) =>
            Assert.Equal(field, (await Assert.ThrowsAsync<InvalidRequestException>(() => RobustnessSearch.RunAsync(_pipeline, judge, options))).Field);
    }

    /// <summary>Some pictures, by what they are, not by when they come.</summary>
    private static bool Even(RgbImage image) => image.Pixels.ToArray().Sum(value => value) % 2 == 0;

    private sealed class ToldJudge(Func<RgbImage, bool> shows) : IImageJudge
    {
        public string Name => "told";

        public string Fingerprint => "told";

        public ImmutableArray<string> Labels => ["red triangle", "blue circle"];

        public IReadOnlyList<Judgement> Judge(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default) =>
            [.. images.Select(image => new Judgement(shows(image) ? [new Finding("red triangle", 1)] : [new Finding("blue circle", 1)]))];

        public void Dispose()
        {
        }
    }

    /// <summary>A clock that goes on by a second whenever it is looked at.</summary>
    private sealed class Ticking : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _now++;
    }

    private sealed class Once(Action act) : IProgress<RobustnessProgress>
    {
        public void Report(RobustnessProgress value) => act();
    }
}
