using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Training.Annotation;

namespace SafeDiffusion.Training;

/// <summary>Model layer: guidelines are learned with the shapes model, and what cannot be learned from is refused.</summary>
public sealed class GuidelineLearnerTests
{
    private static readonly GuidelineLearningOptions _small = new()
    {
        Concept = "red triangle",
        Layers = LayerSelection.ByIndex(4, 5),
        Prompts = ["a red triangle", "a red triangle on a white background", "a drawing of a red triangle on a black background"],
        SafePrompts = ["a blue circle", "a green square on a white background", "a yellow star"],
        UnsafePictures = 6,
        SafePictures = 6,
        Annotator = new RedPixels(),
        Steps = 6,
        GuidanceScale = 5,
        HeldOut = 0.3,
    };

    [Fact]
    public async Task SameOptionsGiveTheSameFileByteForByte()
    {
        using TemporaryFolder folder = new();
        foreach (string name in new[] { "one", "two" }) (await LearnAsync(_small)).Guideline.Save(folder.File(name));
        Assert.Equal(File.ReadAllBytes(folder.File("one")), File.ReadAllBytes(folder.File("two")));
        Guideline read = Guideline.Load(folder.File("one"));
        Assert.Equal("red triangle", read.Identity.Concept);
        Assert.Equal(LayerSelection.ByIndex(4, 5), read.Layers);
        Assert.Equal(6, read.Calibration.Length);
        Assert.Equal(12, (int)read.Training!["learned_from"]! + (int)read.Training["checked_on"]! + (int)read.Training["held_out"]!);
    }

    [Fact]
    public async Task RedTrianglesAreToldFromOtherShapesInTheLastSteps()
    {
        LearnedGuideline learned = await LearnAsync(_small);
        Assert.Equal((1, 1), (learned.Separation.WithConcept, learned.Separation.WithoutConcept));
        Assert.True(learned.Separation.Bands[^1].Auc > 0.97, learned.Separation.ToString());
        Assert.Equal(1, learned.Separation.Bands[^1].Detected);
        Assert.Equal(0, learned.Separation.Bands[^1].FalselyDetected);
        Assert.Equal((4 * 192) + (3 * 8), learned.Sheet.Width);
    }

    [Fact]
    public async Task DescentLearnsTheConceptsTokens()
    {
        List<GuidelineLearningProgress> reports = [];
        LearnedGuideline learned = await GuidelineLearner.LearnAsync(
            Fixture.ShapesModel, _small with { Method = GuidelineMethod.Sgd, StepsPerPicture = 30, LearningRate = 1 }, new Direct(reports.Add));
        Assert.Equal(2, learned.Guideline.TokenCount);
        Assert.Contains(reports, report => report is { Stage: GuidelineLearningStage.Learning, Loss: > 0 and < 1, Iou: > 0.1 });
        Assert.True(learned.Separation.Bands[^1].Auc > 0.9, learned.Separation.Bands[^1].ToString());
    }

    [Fact]
    public async Task PicturesBroughtAlongAreLearnedFrom()
    {
        AnnotatedPicture[] pictures = [.. Enumerable.Range(0, 6).Select(i => Square($"picture-{i}", 4 * i, isRed: i % 2 == 0))];
        LearnedGuideline learned = await LearnAsync(_small with { Prompts = [], SafePrompts = [], Annotator = null, Pictures = pictures });
        Assert.Equal(6, (int)learned.Guideline.Training!["brought_along"]!);
        Assert.Equal(3, (int)learned.Guideline.Training["pictures_with_concept"]!);
        Assert.True(learned.Separation.Bands[^1].Auc > 0.9, learned.Separation.Bands[^1].ToString());
    }

    [Fact]
    public Task PicturesWithoutTheConceptAreRefused() =>
        RefusesAsync("pictures", _small with { Annotator = new NothingMarked() });

    [Fact]
    public Task PicturesWithTheConceptAloneAreRefused() =>
        RefusesAsync("pictures", _small with { SafePrompts = [] });

    [Fact]
    public Task MissingPicturesAreRefused() => RefusesAsync("pictures", _small with { Prompts = [], SafePrompts = [] });

    [Fact]
    public Task PromptsWithoutAnAnnotatorAreRefused() => RefusesAsync("annotator", _small with { Annotator = null });

    [Fact]
    public Task PictureOfAnotherSizeIsRefused() => RefusesAsync(
        "pictures", _small with { Pictures = [new AnnotatedPicture("wide", new RgbImage(128, 64, new byte[128 * 64 * 3]), ConceptMask.Empty(128, 64))] });

    [Fact]
    public Task MaskOfAnotherSizeIsRefused() => RefusesAsync(
        "masks", _small with { Pictures = [new AnnotatedPicture("small mask", new RgbImage(64, 64, new byte[64 * 64 * 3]), ConceptMask.Empty(32, 32))] });

    [Fact]
    public Task CacheLimitBelowFiveTimestepsIsRefused() => RefusesAsync("cache-limit", _small with { CacheLimit = 1 << 20 });

    [Fact]
    public async Task CacheLimitLeavesTimestepsOut()
    {
        const long StepOfAllPictures = 12L * 64 * 256 * sizeof(float);
        LearnedGuideline learned = await LearnAsync(_small with { CacheLimit = 5 * StepOfAllPictures });
        Assert.Equal(5, learned.Guideline.Calibration.Length);
        Assert.Equal(5, (int)learned.Guideline.Training!["timesteps_kept"]!);
    }

    [Fact]
    public async Task CancellationEndsTheWork()
    {
        using CancellationTokenSource source = new();
        Direct cancelling = new(report =>
        {
            if (report.Stage == GuidelineLearningStage.Learning) source.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => GuidelineLearner.LearnAsync(Fixture.ShapesModel, _small, cancelling, source.Token));
    }

    [Theory]
    [InlineData("concept")]
    [InlineData("held-out")]
    [InlineData("guidance")]
    [InlineData("ridge")]
    [InlineData("hard rounds")]
    [InlineData("learning rate")]
    [InlineData("concept weight")]
    [InlineData("false triggers")]
    [InlineData("steps per picture")]
    public Task SettingOutOfRangeIsRefused(string field) => RefusesAsync(field, field switch
    {
        "concept" => _small with { Concept = " " },
        "held-out" => _small with { HeldOut = 0.5 },
        "guidance" => _small with { GuidanceScale = 0.5f },
        "ridge" => _small with { Ridge = 0 },
        "hard rounds" => _small with { HardRounds = -1 },
        "learning rate" => _small with { LearningRate = double.NaN },
        "concept weight" => _small with { ConceptWeight = -1 },
        "false triggers" => _small with { FalseTriggers = 1 },
        _ => _small with { StepsPerPicture = 0 },
    });

    private static Task<LearnedGuideline> LearnAsync(GuidelineLearningOptions options) => GuidelineLearner.LearnAsync(Fixture.ShapesModel, options);

    private static async Task RefusesAsync(string field, GuidelineLearningOptions options) =>
        Assert.Equal(field, (await Assert.ThrowsAsync<InvalidRequestException>(() => LearnAsync(options))).Field);

    /// <summary>A square on white; the red one is the concept.</summary>
    private static AnnotatedPicture Square(string name, int offset, bool isRed)
    {
        byte[] pixels = new byte[64 * 64 * 3];
        Array.Fill(pixels, (byte)245);
        bool[] mask = new bool[64 * 64];
        for (int i = 0; i < mask.Length; i++)
        {
            bool isInside = i % 64 >= 8 + offset && i % 64 < 32 + offset && i / 64 is >= 16 and < 40;
            if (!isInside) continue;
            mask[i] = isRed;
            (pixels[3 * i], pixels[(3 * i) + 1], pixels[(3 * i) + 2]) = isRed ? ((byte)220, (byte)40, (byte)40) : ((byte)50, (byte)80, (byte)220);
        }
        return new AnnotatedPicture(name, new RgbImage(64, 64, pixels), new ConceptMask(64, 64, mask), isRed ? "a red square" : "a blue square");
    }

    private sealed class NothingMarked : IMaskAnnotator
    {
        public string Description => "nothing";

        public ConceptMask Annotate(string name, RgbImage image, CancellationToken cancellationToken = default) => ConceptMask.Empty(image.Width, image.Height);
    }

    private sealed class Direct(Action<GuidelineLearningProgress> report) : IProgress<GuidelineLearningProgress>
    {
        public void Report(GuidelineLearningProgress value) => report(value);
    }
}
