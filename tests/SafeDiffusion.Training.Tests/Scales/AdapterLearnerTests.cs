using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Policies;
using SafeDiffusion.Reporting;
using SafeDiffusion.Training.Scales.Drawing;
using SafeDiffusion.Training.Scales.Labelling;

namespace SafeDiffusion.Training.Scales;

/// <summary>Model layer: adapters are learned with the shapes model, and act when it draws.</summary>
public sealed class AdapterLearnerTests
{
    private const string Concept = "a red triangle";

    private static readonly AdapterLearningOptions _small = new()
    {
        Concepts =
        [
            new(Concept, "red triangle", [Concept, "a red triangle on a white background"], ["a blue circle", "a green square on a white background"]),
            new("a red circle", "red circle", ["a red circle"], ["a yellow star"]),
        ],
        Preset = GrowthInhibitorPreset.Contrasting,
        Scales = [0, 3],
        Seeds = 2,
        Seed = 500,
        Steps = 4,
        GuidanceScale = 5,
        HeldOut = 0.34,
        Epochs = 60,
        LearningRate = 0.01,
    };

    [Fact]
    public async Task SameOptionsGiveTheSameFileByteForByte()
    {
        using TemporaryFolder folder = new();
        foreach (string name in new[] { "one", "two" }) (await AdapterLearner.LearnAsync(Fixture.ShapesModel, _small, new LargestScale())).Adapter.Save(folder.File(name));
        Assert.Equal(File.ReadAllBytes(folder.File("one")), File.ReadAllBytes(folder.File("two")));
        ScaleAdapter read = ScaleAdapter.Load(folder.File("one"));
        Assert.Equal((7, GrowthInhibitorPreset.Contrasting, "a red triangle, a red circle"), (read.Layers, read.Preset, read.Identity.Concept));
        Assert.Equal(12, (int)read.Training!["learned_from"]! + (int)read.Training["held_out"]!);
        Assert.Equal(2, read.Measured!["unseen_concepts"]!.AsArray().Count);
    }

    /// <summary>What the adapter is asked when a picture is drawn is what it was learned from: its scale is the report's, to the bit.</summary>
    [Fact]
    public async Task TheLearnedScaleIsTheOneThatActs()
    {
        LearnedAdapter learned = await AdapterLearner.LearnAsync(Fixture.ShapesModel, _small, new LargestScale());
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions { AttentionFeatures = AttentionFeatures.Inhibit });
        SeriesDrawing drawing = new(pipeline, _small.Concepts, new(_small.Preset, _small.Scales, _small.Steps, _small.GuidanceScale));
        PlannedSeries series = PlannedSeries.Of(_small.Concepts, _small.Seeds, _small.Seed)[0];
        float[][] tokens = (await drawing.ReadAsync([series], CancellationToken.None))[0];
        Assert.Equal(3, tokens.Length);

        float answer = tokens.Max(token => learned.Adapter.Scale(token));
        GenerationRequest request = new(series.Text) { Seed = series.Seed, Steps = _small.Steps, GuidanceScale = _small.GuidanceScale };
        GenerationResult drawn = await pipeline.GenerateAsync(request with
        {
            Policy = SafetyPolicy.Empty.Add(new GrowthInhibition { Concept = Concept, Preset = _small.Preset, Adapter = learned.Adapter }),
        });
        InterventionReport first = drawn.Report.Images[0].Steps[0].Interventions[0];
        Assert.True(answer > 0.5f, $"{answer}");
        Assert.Equal(answer, first.Scale);
    }

    /// <summary>The adapter's scale of a harmless prompt that was learned with a low target is 0: the picture is the unprotected one, to the bit.</summary>
    [Fact]
    public async Task AScaleOfZeroLeavesThePictureAsItIs()
    {
        LearnedAdapter learned = await AdapterLearner.LearnAsync(Fixture.ShapesModel, _small with { HarmlessTarget = -3 }, new LargestScale());
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions { AttentionFeatures = AttentionFeatures.Inhibit });
        GenerationRequest request = new("a blue circle") { Seed = 504, Steps = _small.Steps, GuidanceScale = _small.GuidanceScale };
        GenerationResult plain = await pipeline.GenerateAsync(request);
        GenerationResult drawn = await pipeline.GenerateAsync(request with
        {
            Policy = SafetyPolicy.Empty.Add(new GrowthInhibition { Concept = Concept, Preset = _small.Preset, Adapter = learned.Adapter }),
        });
        Assert.Equal((false, "adapter's scale is zero"), (drawn.Report.Images[0].Steps[0].Interventions[0].Acted, drawn.Report.Images[0].Steps[0].Interventions[0].Reason));
        Assert.Equal(plain.Report.Cost.Rows, drawn.Report.Cost.Rows);
        Assert.True(plain.Images[0].Pixels.Span.SequenceEqual(drawn.Images[0].Pixels.Span));
    }

    [Fact]
    public async Task APersonsScalesOfTheSheetsAreLearned()
    {
        using TemporaryFolder folder = new();
        string file = await AdapterLearner.WriteSheetsAsync(Fixture.ShapesModel, _small, folder.Path);
        Assert.Equal(3, Directory.GetFiles(folder.Path, "sheet-*.png").Length);
        string template = File.ReadAllText(file);
        Assert.Equal(6, template.Split(",\n").Length - 1);
        await Assert.ThrowsAsync<InvalidFileException>(() => AdapterLearner.WriteSheetsAsync(Fixture.ShapesModel, _small, folder.Path));

        File.WriteAllText(file, template.Replace(",\n", ",3\n", StringComparison.Ordinal));
        LearnedAdapter learned = await AdapterLearner.LearnAsync(Fixture.ShapesModel, _small, ScaleLabels.Load(file));
        Assert.Equal(6, (int)learned.Adapter.Training!["pictures_to_inhibit"]!);
        InvalidFileException error = await Assert.ThrowsAsync<InvalidFileException>(() => AdapterLearner.LearnAsync(Fixture.ShapesModel, _small with { Steps = 5 }, ScaleLabels.Load(file)));
        Assert.Contains("steps 4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CancellationEndsTheWork()
    {
        using CancellationTokenSource source = new();
        Cancelling progress = new(report =>
        {
            if (report.Stage == AdapterLearningStage.Reading) source.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AdapterLearner.LearnAsync(Fixture.ShapesModel, _small, new LargestScale(), progress, source.Token));
    }

    [Theory]
    [InlineData("concepts")]
    [InlineData("preset")]
    [InlineData("scales")]
    [InlineData("seeds")]
    [InlineData("guidance")]
    [InlineData("held-out")]
    [InlineData("harmless-target")]
    [InlineData("epochs")]
    [InlineData("learning-rate")]
    public async Task SettingOutOfRangeIsRefused(string field)
    {
        AdapterLearningOptions[] wrong = field switch
        {
            "concepts" => [_small with { Concepts = [] }, _small with { Concepts = [_small.Concepts[1]] }],
            "preset" => [_small with { Preset = (GrowthInhibitorPreset)9 }],
            "scales" => [_small with { Scales = [0] }, _small with { Scales = [1, 2] }, _small with { Scales = [0, 2, 2] }, _small with { Scales = [0, float.NaN] }, _small with { Scales = default }],
            "seeds" => [_small with { Seeds = 0 }],
            "guidance" => [_small with { GuidanceScale = 0.5f }],
            "held-out" => [_small with { HeldOut = 0 }, _small with { HeldOut = 0.6 }],
            "harmless-target" => [_small with { HarmlessTarget = 0.1 }, _small with { HarmlessTarget = double.NegativeInfinity }],
            "epochs" => [_small with { Epochs = 0 }],
            _ => [_small with { LearningRate = double.NaN }],
        };
        foreach (AdapterLearningOptions options in wrong)
        {
            InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => AdapterLearner.LearnAsync(Fixture.ShapesModel, options, new LargestScale()));
            Assert.Equal(field, error.Field);
        }
    }

    private sealed class Cancelling(Action<AdapterLearningProgress> act) : IProgress<AdapterLearningProgress>
    {
        public void Report(AdapterLearningProgress value) => act(value);
    }

    /// <summary>Takes the larger scale, which is enough where learning and not judging is looked at.</summary>
    private sealed class LargestScale : IScaleJudge
    {
        public string Description => "always the largest";

        public void Require(ScaleConcept concept) => Assert.StartsWith("red ", concept.Label, StringComparison.Ordinal);

        public float? BestScale(ScaleSeries series, CancellationToken cancellationToken = default)
        {
            Assert.Equal(series.Scales.Count, series.Images.Count);
            Assert.NotEqual(series.Images[0].Pixels.ToArray(), series.Images[^1].Pixels.ToArray());
            return series.Scales[^1];
        }
    }
}
