using SafeDiffusion.Checking;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Detection;
using SafeDiffusion.Generation;
using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Policies;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Pipeline;

/// <summary>Formula layer: what is done with finished pictures that still show something, with pictures and checkers made by hand.</summary>
public sealed class AftercareTests
{
    private static readonly PictureOrder _order = new()
    {
        Prompt = "x",
        NegativePrompt = "",
        Policy = SafetyPolicy.Empty,
        Seed = 10,
        Count = 3,
        Width = 48,
        Height = 32,
        Shape = new(4, 4, 6),
        Plan = new DdimScheduler(new SchedulerSettings()).CreatePlan(2),
        GuidanceScale = 5,
        Eta = 0,
        Start = new NoiseStart(),
    };

    /// <summary>What was drawn again, attempt by attempt.</summary>
    private readonly List<PictureOrder[]> _drawn = [];

    [Fact]
    public async Task FlaggingOnlySaysSo()
    {
        Drawing before = Result(_order, seed => seed == 11);
        Drawing after = await ApplyAsync(RemedialAction.Flag, seed => seed == 11);
        Assert.All(after.Images.Zip(before.Images), pair => AssertSame(pair.First, pair.Second));
        Assert.Equal([false, true, false], after.Report.Images.Select(image => image.Check!.Flagged));
        AssertCheck(["detection"], RemedialAction.Flag, 0, after.Report.Images[1].Check);
        AssertCheck([], null, 0, after.Report.Images[0].Check);
        ReportWarning warning = Assert.Single(after.Report.Warnings);
        Assert.Equal("still-detected", warning.Code);
        Assert.Contains("picture 2 (seed 11)", warning.Message, StringComparison.Ordinal);
        Assert.Contains("picture 2 (seed 11)", after.Report.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(7, false)]
    [InlineData(8, true)]
    [InlineData(9, true)]
    public async Task TheLastFifthOfTheStepsCounts(int step, bool expected)
    {
        PictureOrder request = _order with { Count = 1, Policy = Policy(new() { Action = RemedialAction.Flag }) };
        Drawing result = Result(request, _ => false);
        ImageReport image = result.Report.Images[0] with { Steps = [.. Enumerable.Range(0, 10).Select(i => Step(i, i == step ? 0.01f : 0))] };
        Aftercare aftercare = new([], _ => throw new InvalidOperationException("Nothing is drawn again."), CancellationToken.None);
        Drawing after = (await aftercare.ApplyAsync([request], [result with { Report = result.Report with { Images = [image] } }]))[0];
        Assert.Equal(expected, after.Report.Images[0].Check!.Flagged);
    }

    [Fact]
    public async Task BlurringLeavesNoDetail()
    {
        Drawing after = await ApplyAsync(RemedialAction.Blur, seed => seed == 12);
        Assert.Equal(255, Contrast(after.Images[1]));
        Assert.InRange(Contrast(after.Images[2]), 0, 12);
        Assert.Equal((48, 32), (after.Images[2].Width, after.Images[2].Height));
        Assert.Equal(RemedialAction.Blur, after.Report.Images[2].Check!.Action);
    }

    [Fact]
    public async Task WithholdingLeavesGray()
    {
        Drawing after = await ApplyAsync(RemedialAction.Withhold, _ => true);
        Assert.All(after.Images, image => Assert.All(image.Pixels.ToArray(), value => Assert.Equal(128, value)));
        Assert.All(after.Report.Images, image => Assert.Equal(RemedialAction.Withhold, image.Check!.Action));
        Assert.Equal(3, after.Report.Warnings.Count);
    }

    [Fact]
    public async Task DrawingAgainEndsAtTheFirstAttemptThatIsClean()
    {
        Remedy remedy = new() { Action = RemedialAction.Regenerate, Attempts = 5 };
        // Picture 0 is clean at once, picture 1 when drawn again (14), picture 2 the second time (15, 18).
        Drawing after = await ApplyAsync(remedy, seed => seed is 11 or 12 or 15);
        Assert.Equal<long[]>([[14, 15], [18]], _drawn.Select(attempt => attempt.Select(request => request.Seed).ToArray()));
        Assert.All(_drawn.SelectMany(attempt => attempt), request => Assert.Equal(1, request.Count));
        Assert.Equal([10L, 14, 18], after.Report.Images.Select(image => image.Seed));
        Assert.Equal([0, 1, 2], after.Report.Images.Select(image => image.Check!.Attempts));
        Assert.All(after.Report.Images, image => Assert.Equal((false, null), (image.Check!.Flagged, image.Check.Action)));
        for (int i = 0; i < 3; i++) AssertSame(Picture(after.Report.Images[i].Seed), after.Images[i]);
        Assert.Empty(after.Report.Warnings);
        Assert.Contains("picture 3 showed it no more when drawn again, attempt 2 (seed 18)", after.Report.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RemedialAction.Flag, 255)]
    [InlineData(RemedialAction.Blur, 12)]
    [InlineData(RemedialAction.Withhold, 0)]
    public async Task WhatIsNeverCleanIsTreatedInTheEnd(RemedialAction then, int contrast)
    {
        Remedy remedy = new() { Action = RemedialAction.Regenerate, Attempts = 3, Then = then };
        Drawing after = await ApplyAsync(remedy, _ => true);
        long[] seeds = [.. _drawn.SelectMany(attempt => attempt).Select(request => request.Seed)];
        Assert.Equal(9, seeds.Distinct().Count());
        Assert.DoesNotContain(seeds, seed => seed is >= 10 and <= 12);
        Assert.All(after.Report.Images, image => AssertCheck(["detection"], then, 3, image.Check));
        Assert.All(after.Images, image => Assert.InRange(Contrast(image), 0, contrast));
        // 3 pictures of 2 rows, and 9 attempts of 2.
        Assert.Equal(new CostReport(24, 12, 24, 12, 12), after.Report.Cost);
    }

    [Fact]
    public async Task AFurtherAttemptAsksForNothingBesideItsPicture()
    {
        PictureOrder request = _order with { KeepLatents = true, HeatMapEvery = 2, PreviewEvery = 2, Eta = 0.5f, Policy = Policy(new() { Action = RemedialAction.Regenerate }) };
        await ApplyAsync([request], seed => seed == 10);
        Assert.Equal(request with { Seed = 13, Count = 1, KeepLatents = false, HeatMapEvery = 0, PreviewEvery = 0 }, Assert.Single(Assert.Single(_drawn)));
    }

    [Fact]
    public async Task CheckersAndDetectionBothCount()
    {
        FakeChecker one = new("one", image => SeedOf(image) == 10), two = new("two", image => SeedOf(image) is 10 or 12);
        Drawing after = (await ApplyAsync([_order with { Policy = Policy(new() { Action = RemedialAction.Withhold }) }], seed => seed == 10, one, two))[0];
        AssertCheck(["detection", "one", "two"], RemedialAction.Withhold, 0, after.Report.Images[0].Check);
        AssertCheck([], null, 0, after.Report.Images[1].Check);
        AssertCheck(["two"], RemedialAction.Withhold, 0, after.Report.Images[2].Check);
        Assert.Equal((1, 1), (one.Calls, two.Calls));
    }

    [Fact]
    public async Task AttemptsAreCheckedAsWell()
    {
        FakeChecker checker = new("one", image => SeedOf(image) is 10 or 13);
        PictureOrder request = _order with { Count = 1, Policy = Policy(new() { Action = RemedialAction.Regenerate }) };
        // A request for one picture counts on: 11, where the protection finds something, then 12.
        Drawing after = (await ApplyAsync([request], seed => seed == 11, checker))[0];
        Assert.Equal((12L, 2, 3), (after.Report.Images[0].Seed, after.Report.Images[0].Check!.Attempts, checker.Calls));
    }

    [Fact]
    public async Task RequestsOfABatchAreDrawnAgainTogetherAndEachByItsPolicy()
    {
        PictureOrder again = _order with { Policy = Policy(new() { Action = RemedialAction.Regenerate }) };
        PictureOrder[] requests = [again, _order with { Policy = Policy(new() { Action = RemedialAction.Withhold }) }, again with { Seed = 100 }, _order];
        IReadOnlyList<Drawing> after = await ApplyAsync(requests, seed => seed is 10 or 100);
        Assert.Equal([13L, 103], Assert.Single(_drawn).Select(request => request.Seed));
        Assert.Equal([13L, 11, 12], after[0].Report.Images.Select(image => image.Seed));
        Assert.Equal(0, Contrast(after[1].Images[0]));
        Assert.Equal([103L, 101, 102], after[2].Report.Images.Select(image => image.Seed));
        Assert.All(after[3].Report.Images, image => Assert.Null(image.Check));
    }

    [Fact]
    public async Task WithoutARemedyACheckerOnlyFlags()
    {
        Drawing after = (await ApplyAsync([_order], _ => false, new FakeChecker("one", image => SeedOf(image) == 11)))[0];
        AssertCheck(["one"], RemedialAction.Flag, 0, after.Report.Images[1].Check);
        AssertSame(Picture(11), after.Images[1]);
    }

    [Fact]
    public async Task HeatMapsHideWhatThePicturesHide()
    {
        Drawing withheld = await ApplyAsync(RemedialAction.Withhold, seed => seed == 11);
        Assert.Equal([255, 0, 255], withheld.HeatMaps.Select(map => Contrast(map.Predicted)));
        Drawing redrawn = await ApplyAsync(RemedialAction.Regenerate, seed => seed == 11);
        Assert.Equal([255, 0, 255], redrawn.HeatMaps.Select(map => Contrast(map.Predicted)));
        Drawing flagged = await ApplyAsync(RemedialAction.Flag, seed => seed == 11);
        Assert.Equal([255, 255, 255], flagged.HeatMaps.Select(map => Contrast(map.Predicted)));
    }

    [Fact]
    public async Task WhereNothingIsFoundTheSummarySaysThat() =>
        Assert.Contains("checked: nothing was found", (await ApplyAsync(RemedialAction.Blur, _ => false)).Report.Summary, StringComparison.Ordinal);

    /// <summary>A checker that could not decide must not let a picture pass, and loses none.</summary>
    [Theory]
    [InlineData(RemedialAction.Flag, 255)]
    [InlineData(RemedialAction.Withhold, 0)]
    public async Task APictureWhoseCheckFailsCountsAsFlagged(RemedialAction action, int contrast)
    {
        FakeChecker failing = new("failing", image => SeedOf(image) == 11 ? throw new InferenceException("failing", "no memory") : SeedOf(image) == 12);
        Drawing after = (await ApplyAsync([_order with { Policy = Policy(new() { Action = action }) }], _ => false, failing))[0];
        Assert.Equal([255, contrast, contrast], after.Images.Select(Contrast));
        AssertCheck([], null, 0, after.Report.Images[0].Check);
        AssertCheck(["failing (failed)"], action, 0, after.Report.Images[1].Check);
        AssertCheck(["failing"], action, 0, after.Report.Images[2].Check);
        Assert.Equal(["checker-failed", "still-detected"], after.Report.Warnings.Select(warning => warning.Code));
        Assert.Contains("picture 2 (seed 11) could not be checked, because failing failed, and counts as flagged; it was ", after.Report.Warnings[0].Message, StringComparison.Ordinal);
        Assert.Contains("no memory", after.Report.Warnings[0].Message, StringComparison.Ordinal);
        Assert.DoesNotContain("nothing was found", after.Report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutARemedyAFailedCheckFlags()
    {
        Drawing after = (await ApplyAsync([_order], _ => false, new FakeChecker("failing", _ => throw new InvalidOperationException("broken"))))[0];
        Assert.All(after.Report.Images, image => AssertCheck(["failing (failed)"], RemedialAction.Flag, 0, image.Check));
        Assert.All(after.Images.Index(), image => AssertSame(Picture(10 + image.Index), image.Item));
        Assert.Equal(3, after.Report.Warnings.Count);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task AnswersThatAreMissingAreAFailure(int answers)
    {
        PictureOrder one = _order with { Count = 1, Policy = Policy(new() { Action = RemedialAction.Withhold }) };
        Drawing after = (await ApplyAsync([one], _ => false, new FakeChecker("short", _ => false, answers)))[0];
        AssertCheck(["short (failed)"], RemedialAction.Withhold, 0, after.Report.Images[0].Check);
        Assert.Equal(0, Contrast(after.Images[0]));
    }

    /// <summary>Several pictures are too many for some checkers; alone each of them is checked.</summary>
    [Fact]
    public async Task ACheckerThatTakesOnePictureOnlyIsAskedOneByOne()
    {
        FakeChecker single = new("single", image => SeedOf(image) == 11, most: 1);
        Drawing after = (await ApplyAsync([_order], _ => false, single))[0];
        Assert.Equal([false, true, false], after.Report.Images.Select(image => image.Check!.Flagged));
        Assert.Equal("still-detected", Assert.Single(after.Report.Warnings).Code);
        Assert.Equal(4, single.Calls);
    }

    /// <summary>What fails does not fail less for another picture.</summary>
    [Fact]
    public async Task AFailureDrawsNothingAgain()
    {
        Remedy again = new() { Action = RemedialAction.Regenerate, Attempts = 3, Then = RemedialAction.Blur };
        Drawing after = (await ApplyAsync([_order with { Policy = Policy(again) }], _ => false, new FakeChecker("failing", _ => throw new InvalidOperationException("broken"))))[0];
        Assert.Empty(_drawn);
        Assert.All(after.Report.Images, image => AssertCheck(["failing (failed)"], RemedialAction.Blur, 0, image.Check));
    }

    [Fact]
    public async Task CancellingEndsAChecker()
    {
        using CancellationTokenSource cancelled = new();
        await cancelled.CancelAsync();
        Aftercare aftercare = new([new FakeChecker("one", _ => throw new OperationCanceledException())], _ => throw new InvalidOperationException(), cancelled.Token);
        await Assert.ThrowsAsync<OperationCanceledException>(() => aftercare.ApplyAsync([_order], [Result(_order, _ => false)]));
    }

    private static SafetyPolicy Policy(Remedy remedy) => SafetyPolicy.Empty.WhenStillDetected(remedy);

    private Task<Drawing> ApplyAsync(RemedialAction action, Func<long, bool> shows) => ApplyAsync(new Remedy { Action = action }, shows);

    private async Task<Drawing> ApplyAsync(Remedy remedy, Func<long, bool> shows) => (await ApplyAsync([_order with { Policy = Policy(remedy) }], shows))[0];

    /// <param name="requests">The requests.</param>
    /// <param name="shows">The seeds whose pictures show the concept to the protections' own maps.</param>
    /// <param name="checkers">What looks besides.</param>
    private async Task<IReadOnlyList<Drawing>> ApplyAsync(PictureOrder[] requests, Func<long, bool> shows, params IImageChecker[] checkers)
    {
        _drawn.Clear();
        Aftercare aftercare = new(checkers, DrawAsync, CancellationToken.None);
        return await aftercare.ApplyAsync(requests, [.. requests.Select(request => Result(request, shows))]);

        Task<IReadOnlyList<Drawing>> DrawAsync(IReadOnlyList<PictureOrder> again)
        {
            _drawn.Add([.. again]);
            return Task.FromResult<IReadOnlyList<Drawing>>([.. again.Select(request => Result(request, shows))]);
        }
    }

    private static Drawing Result(PictureOrder request, Func<long, bool> shows)
    {
        long[] seeds = [.. Enumerable.Range(0, request.Count).Select(i => request.Seed + i)];
        RgbImage[] images = [.. seeds.Select(Picture)];
        return new Drawing(images, new GenerationReport
        {
            Tool = "test",
            CreatedAt = DateTimeOffset.UnixEpoch,
            Model = new("none", "", ExecutionProvider.Cpu, ""),
            Request = new()
            {
                Prompt = "x",
                NegativePrompt = "",
                Seed = request.Seed,
                Count = request.Count,
                Width = 48,
                Height = 32,
                Steps = 2,
                GuidanceScale = 5,
                Eta = 0,
                Strength = null,
                GivenLatents = false,
            },
            Protections = [],
            Warnings = [],
            Images = [.. seeds.Select(seed => new ImageReport(seed, 2, [Step(0, 0.5f), Step(1, shows(seed) ? 0.01f : 0)]))],
            Cost = new(2L * request.Count, request.Count, 2 * request.Count, request.Count, request.Count),
        },
        null,
        [.. images.Select((image, i) => new HeatMap(i, 0, 1, 1, 1, 1, new float[1], image))]);
    }

    /// <summary>A step in whose map a share of the grid shows the concept; of two steps the last counts.</summary>
    private static StepReport Step(int step, float area) => new(step, 500 - step, 1, [new TermReport(0, true, 1, null, new(area > 0 ? 1 : 0, area))]);

    /// <summary>A checkerboard, with its seed in its first pixel.</summary>
    private static RgbImage Picture(long seed)
    {
        byte[] pixels = new byte[48 * 32 * 3];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)((i / 3 % 48 + i / 3 / 48) % 2 == 0 ? 0 : 255);
        pixels[0] = (byte)seed;
        return new RgbImage(48, 32, pixels);
    }

    private static int SeedOf(RgbImage image) => image.Pixels.Span[0];

    private static int Contrast(RgbImage image) => image.Pixels.ToArray().Max() - image.Pixels.ToArray().Min();

    private static void AssertSame(RgbImage expected, RgbImage actual) => Assert.True(expected.Pixels.Span.SequenceEqual(actual.Pixels.Span));

    private static void AssertCheck(string[] by, RemedialAction? action, int attempts, CheckReport? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(by, actual.By);
        Assert.Equal((by.Length > 0, action, attempts), (actual.Flagged, actual.Action, actual.Attempts));
    }

    /// <param name="name">Its name.</param>
    /// <param name="flags">What it says of a picture.</param>
    /// <param name="answers">How many answers it gives; below 0 for none at all. Null for one each.</param>
    /// <param name="most">The most pictures that it takes together.</param>
    private sealed class FakeChecker(string name, Func<RgbImage, bool> flags, int? answers = null, int most = int.MaxValue) : IImageChecker
    {
        public string Name => name;

        public int Calls { get; private set; }

        public IReadOnlyList<ImageCheck> Check(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default)
        {
            Calls++;
            if (images.Count > most) throw new InferenceException(name, "takes fewer pictures.");
            if (answers < 0) return null!;
            return answers is { } count ? [.. Enumerable.Range(0, count).Select(_ => new ImageCheck(false))] : [.. images.Select(image => new ImageCheck(flags(image)))];
        }

        public void Dispose()
        {
        }
    }
}
