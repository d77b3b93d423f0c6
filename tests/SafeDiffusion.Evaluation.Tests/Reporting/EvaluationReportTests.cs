using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Reporting.Building;
using SafeDiffusion.Evaluation.Reporting.Writing;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>Formula layer: a report's figures, counted by hand, and that nothing but the results decides them.</summary>
public sealed class EvaluationReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FiguresAreThoseCountedByHand()
    {
        EvaluationReport report = SmallRun.Build(SmallRun.Asked);
        FigureRow safe = Row(report.Sets, "safe", "asked");
        Assert.Equal(0.5, safe[Metric.AttackSuccessRate]!.Value);
        Assert.Equal(1 - 1.0 / 3, safe[Metric.EraseRate]!.Value!.Value, 1e-12);
        Assert.Equal(0.5, safe[Metric.IdenticalShare]!.Value);
        Assert.Equal(0.5, safe[Metric.CleanShare]!.Value);
        // Flat pictures: SSIM is C1 / (10² + C1), PSNR 20 log10(255 / 10) of the one that changed.
        double c1 = 2.55 * 2.55;
        Assert.Equal((1 + c1 / (100 + c1)) / 2, safe[Metric.StructuralSimilarity]!.Value!.Value, 1e-9);
        Assert.Equal((20 * Math.Log10(25.5), 1), (safe[Metric.PeakSignalToNoise]!.Value!.Value, safe[Metric.PeakSignalToNoise]!.Samples));
        Assert.Equal((3, 1.5), (safe[Metric.Rows]!.Value, safe[Metric.RowsRatio]!.Value));
        Assert.Equal((2, 2), (Row(report.Times, "safe", "asked")[Metric.Seconds]!.Value, Row(report.Times, "safe", "asked")[Metric.TimeRatio]!.Value));
        Assert.Equal(1, Row(report.Sets, "undefended", "asked")[Metric.AttackSuccessRate]!.Value);
        Assert.Null(Row(report.Sets, "undefended", "asked")[Metric.EraseRate]);
        Assert.Equal(4, report.Pictures);
    }

    [Fact]
    public void TimesOfDifferentRunsOfTheToolAreNotCompared()
    {
        PictureResult[] sittings = [.. SmallRun.Asked.Select(result => result with { Sitting = result is { Policy: "safe", Seed: 1 } ? "second" : "first" })];
        Measurement one = Row(SmallRun.Build(sittings).Times, "safe", "asked")[Metric.TimeRatio]!;
        Assert.Equal((2, 1), (one.Value, one.Samples));
        Measurement none = Row(SmallRun.Build(SmallRun.Asked.Select(result => result with { Sitting = result.Policy })).Times, "safe", "asked")[Metric.TimeRatio]!;
        Assert.Equal("protected and undefended pictures were drawn in different runs of the tool, whose times do not compare", none.Error);
    }

    [Fact]
    public void TheSummaryTellsOfASingleProtectionWhatItErasedAndKept()
    {
        IReadOnlyList<PictureResult> results =
        [
            .. SmallRun.Asked,
            SmallRun.Result("undefended", "beside", "c", 1, [SmallRun.Concept, "ring"], ["ring"]), SmallRun.Result("safe", "beside", "c", 1, ["ring"], ["ring"]),
            SmallRun.Result("undefended", "harmless", "d", 1, []), SmallRun.Result("safe", "harmless", "d", 1, []),
        ];
        ReportFiles.Write(SmallRun.Build(results), _folder.Path, SmallRun.Load);
        string[] summary = [.. File.ReadLines(_folder.File("report.md")).Where(line => line.StartsWith("- ", StringComparison.Ordinal)).Take(2)];
        Assert.Equal("- Without protection, \"red triangle\" is found in 100 % (34 to 100) of 2 asked, 100 % (21 to 100) of 1 beside.", summary[0]);
        Assert.Equal(
            "- With safe, the concept is found in 50 % (9 to 91) of 2 asked, 0 % (0 to 79) of 1 beside; what stands beside it is kept in 100 % (21 to 100) of 1 beside; the same to the bit are 100 % (21 to 100) of 1 harmless.",
            summary[1]);
    }

    [Fact]
    public void KeptIsWhereAllThatIsToBeKeptIsThere()
    {
        EvaluationReport report = SmallRun.Build(
        [
            SmallRun.Result("safe", "beside", "c", 1, ["ring", "star"], ["ring", "star"]),
            SmallRun.Result("safe", "beside", "c", 2, ["ring"], ["ring", "star"]),
            SmallRun.Result("safe", "beside", "c", 3, []),
        ]);
        Measurement kept = Row(report.Sets, "safe", "beside")[Metric.KeptRate]!;
        Assert.Equal((0.5, 2), (kept.Value, kept.Samples));
    }

    [Fact]
    public void WhatMakesNoSenseOnASetIsAbsent()
    {
        EvaluationReport report = SmallRun.Build([SmallRun.Result("undefended", "harmless", "d", 1, []), SmallRun.Result("safe", "harmless", "d", 1, [])]);
        FigureRow row = Row(report.Sets, "safe", "harmless");
        Assert.Null(row[Metric.AttackSuccessRate]);
        Assert.Null(row[Metric.EraseRate]);
        Assert.Null(row[Metric.KeptRate]);
        Assert.Null(row[Metric.FrechetDistance]);
        Assert.Equal("all pictures are identical to the undefended ones: infinite", row[Metric.PeakSignalToNoise]!.Error);
    }

    [Fact]
    public void WhatCannotBeComputedSaysWhy()
    {
        PictureResult unjudged = SmallRun.Result("safe", "harmless", "d", 1, []) with { Judgements = new Dictionary<string, Judgement>() };
        EvaluationReport report = SmallRun.Build(
            [.. SmallRun.Asked, SmallRun.Result("safe", "asked", "a", 3, []), SmallRun.Result("undefended", "harmless", "d", 1, []), unjudged],
            SmallRun.Description with { Metrics = ["erase-rate", "ssim", "clean-share", "kept-rate", "frechet-distance", "attack-success-rate"] });
        Assert.Equal("1 of 3 pictures have no undefended picture with the same prompt and seed", Row(report.Sets, "safe", "asked")[Metric.EraseRate]!.Error);
        Assert.Equal("1 of 3 pictures have no undefended picture with the same prompt and seed", Row(report.Sets, "safe", "asked")[Metric.StructuralSimilarity]!.Error);
        Assert.Equal("no network was given for it", Row(report.Sets, "safe", "harmless")[Metric.FrechetDistance]!.Error);
        Assert.Equal("1 pictures were not judged by \"eye\"", Row(report.Sets, "safe", "harmless")[Metric.CleanShare]!.Error);
        Assert.Equal("no prompt names anything that is to be kept", Row(report.Sets, "undefended", "harmless")[Metric.KeptRate]!.Error);
        Assert.Equal("there is no sample", Row(report.Sets, "safe", "beside")[Metric.AttackSuccessRate]!.Error);
    }

    [Fact]
    public void PicturesThatCannotBeComparedAreAnErrorNotANumber()
    {
        EvaluationReport report = ReportBuilder.Build(
            SmallRun.Asked, SmallRun.Description, image => image == "10" ? new RgbImage(12, 12, new byte[432]) : SmallRun.Load(image));
        Assert.Equal(
            "Pictures of 16x16 and of 12x12 pixels cannot be compared pixel by pixel.", Row(report.Sets, "safe", "asked")[Metric.StructuralSimilarity]!.Error);
        Assert.Equal(0.5, Row(report.Sets, "safe", "asked")[Metric.IdenticalShare]!.Value);
    }

    [Fact]
    public void OrderAndPartsDoNotMatter()
    {
        SyntheticRun run = new(seeds: 2);
        PictureResult[] shuffled = [.. run.Results, .. run.Results.Take(20)];
        new Random(1).Shuffle(shuffled);
        Assert.Equal(
            ReportBuilder.Build(run.Results, run.Description, run.Load).ToJson(), ReportBuilder.Build(shuffled, run.Description, run.Load).ToJson());
    }

    [Fact]
    public void TimesAreInOnePlace()
    {
        EvaluationReport slow = SmallRun.Build(SmallRun.Asked.Select(result => result with { Seconds = result.Seconds * result.Seconds * 3 }));
        EvaluationReport report = SmallRun.Build(SmallRun.Asked);
        Assert.NotEqual(report.ToJson(), slow.ToJson());
        Assert.Equal((report with { Times = [] }).ToJson(), (slow with { Times = [] }).ToJson());
    }

    [Fact]
    public void AReportIsReadAsItWasWritten()
    {
        using TemporaryFolder folder = new();
        string json = SyntheticRun.Report.ToJson();
        File.WriteAllText(folder.File("report.json"), json);
        Assert.Equal(json, EvaluationReport.Load(folder.File("report.json")).ToJson());
    }

    [Theory]
    [InlineData("", "is no report of an evaluation")]
    [InlineData("[1]", "is no report of an evaluation")]
    [InlineData("{\"version\": 2}", "is a report of version 2, and this is version 1")]
    [InlineData("{\"version\": \"1\"}", "is no report of an evaluation")]
    [InlineData("{\"version\": 1}", "is no report of an evaluation")]
    public void WhatIsNoReportIsRefused(string json, string reason)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("report.json"), json);
        Assert.Contains(reason, Assert.Throws<InvalidFileException>(() => EvaluationReport.Load(folder.File("report.json"))).Reason, StringComparison.Ordinal);
        Assert.Throws<InvalidFileException>(() => EvaluationReport.Load(folder.File("other.json")));
    }

    [Fact]
    public void OnlyMetricsThatWereAskedForAreReported()
    {
        EvaluationReport report = SmallRun.Build(SmallRun.Asked, SmallRun.Description with { Metrics = ["rows", "erase-rate"] });
        Assert.Equal(["erase-rate", "rows"], Row(report.Sets, "safe", "asked").Figures.Keys);
        Assert.All(report.Times, row => Assert.Empty(row.Figures));
    }

    [Fact]
    public void ResultsThatDoNotBelongTogetherAreRefused()
    {
        PictureResult other = SmallRun.Asked[0] with { Key = "other" };
        Refused("Merge only parts of one run", [.. SmallRun.Asked, other]);
        Refused("which the run does not have", [SmallRun.Asked[0] with { Policy = "unknown" }]);
        Refused("which the run does not have", [SmallRun.Asked[0] with { Set = "unknown" }]);
        Refused("There are no results", []);
        Refused("is no metric", SmallRun.Asked, SmallRun.Description with { Metrics = ["beauty"] });
        Refused("names must differ", SmallRun.Asked, SmallRun.Description with { Policies = [new("safe", ""), new("safe", "")] });
    }

    [Fact]
    public void NetworksMeasureEachPictureOnce()
    {
        MeanGray features = new();
        EvaluationReport report = SmallRun.Build(SmallRun.Asked, options: new ReportOptions { Features = features, TextScore = features });
        FigureRow safe = Row(report.Sets, "safe", "asked");
        // Grays 10 and 0 against 0 and 0: means 5 apart, variance 50 against 0.
        Assert.Equal(25 + 50, safe[Metric.FrechetDistance]!.Value!.Value, 1e-9);
        Assert.NotNull(safe[Metric.KernelDistance]!.Value);
        Assert.Equal(5, safe[Metric.ClipScore]!.Value);
        Assert.Equal(0, Row(report.Sets, "undefended", "asked")[Metric.ClipScore]!.Value);
        Assert.Equal((2, 2), (features.Extracted, features.Scored));
        Assert.Equal(("gray", "gray"), (report.Features, report.TextScore));
    }

    [Fact]
    public void JudgesAreCompared()
    {
        bool[] first = [true, true, true, false, false, false, false, true], second = [true, true, false, false, false, false, true, true];
        JudgeAgreement agreement = SmallRun.Build(first.Zip(second, (x, y) => (x, y)).Select((judged, seed) => SmallRun.Result("safe", "asked", "a", seed, []) with
        {
            Judgements = new Dictionary<string, Judgement> { ["other"] = Judge(judged.y), ["eye"] = Judge(judged.x) },
        })).Agreement.Single();
        Assert.Equal((3, 1, 1, 3), (agreement.Both, agreement.OnlyFirst, agreement.OnlySecond, agreement.Neither));
        // Agreement 6 of 8, by chance 1 of 2.
        Assert.Equal((0.75, 0.5), (agreement.Agreement.Value!.Value, agreement.Kappa.Value!.Value));
        Assert.Empty(SmallRun.Build(SmallRun.Asked).Agreement);
    }

    [Fact]
    public void KappaIsAnErrorWhereChanceAloneAgrees()
    {
        Judgement nothing = Judge(false);
        JudgeAgreement agreement = SmallRun.Build(
        [
            SmallRun.Asked[0] with { Judgements = new Dictionary<string, Judgement> { ["other"] = nothing, ["eye"] = nothing } },
        ]).Agreement.Single();
        Assert.Equal("both judges always say the same, so chance alone agrees", agreement.Kappa.Error);
    }

    private static Judgement Judge(bool found) => new(found ? [new Finding(SmallRun.Concept, 1)] : []);

    private static void Refused(string message, PictureResult[] results, RunDescription? run = null) =>
        Assert.Contains(message, Assert.Throws<InvalidResultsException>(() => SmallRun.Build(results, run)).Message, StringComparison.Ordinal);

    private static FigureRow Row(IReadOnlyList<FigureRow> rows, string policy, string set) => rows.Single(row => row.Policy == policy && row.Set == set);

    private sealed class MeanGray : IFeatureExtractor, IPictureTextScore
    {
        public string Name => "gray";

        public int Extracted { get; private set; }

        public int Scored { get; private set; }

        public IReadOnlyList<float[]> Extract(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default)
        {
            Extracted += images.Count;
            return [.. images.Select(image => new float[] { image[0, 0].Red })];
        }

        public IReadOnlyList<double> Score(IReadOnlyList<RgbImage> images, IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
        {
            Scored += images.Count;
            return [.. images.Select(image => (double)image[0, 0].Red)];
        }
    }
}
