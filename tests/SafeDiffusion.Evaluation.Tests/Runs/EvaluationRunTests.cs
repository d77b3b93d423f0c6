using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Evaluation.Reporting;
using SafeDiffusion.Evaluation.Reporting.Building;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Runs.Folder;
using SafeDiffusion.Evaluation.Runs.Planning;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.FineTuned;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>Model layer: runs of the shapes model that are interrupted, cut into shards, merged, and refused.</summary>
public sealed class EvaluationRunTests : IDisposable
{
    private static readonly EvaluationOptions _options = new() { Workers = 2, Threads = 1, BatchSize = 3 };

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task HowARunIsDividedDoesNotChangeItsReport()
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 4);
        EvaluationOutcome whole = await RunAsync(suite, "whole");
        Assert.Equal(16, whole.Results.Count);
        Assert.All(whole.Results, result => Assert.True(File.Exists(_folder.File($"whole/{result.Image}"))));

        // Other batches.
        EvaluationOutcome small = await RunAsync(suite, "small", _options with { Workers = 1, BatchSize = 1 });
        Assert.Equal(Report(whole), Report(small));

        // Shards.
        string[] shards = ["2/3", "1/3", "3/3"];
        foreach (string shard in shards)
        {
            EvaluationOutcome part = await RunAsync(suite, $"part {shard[0]}", _options with { Shard = Shard.Parse(shard) });
            Assert.Equal(16, part.Results.Count + part.Missing);
        }
        InvalidFileException incomplete = Assert.Throws<InvalidFileException>(() => RunMerge.Merge([_folder.File("part 1"), _folder.File("part 2")], _folder.File("merged")));
        Assert.Contains("missing shard", incomplete.Reason, StringComparison.Ordinal);
        EvaluationOutcome merged = RunMerge.Merge([.. shards.Select(shard => _folder.File($"part {shard[0]}"))], _folder.File("merged"));
        Assert.Equal(Report(whole), Report(merged));
        Assert.Equal(Report(whole), Report(RunMerge.Merge([_folder.File("merged")], _folder.File("merged again"))));
    }

    [Fact]
    public async Task PicturesStartFromPicturesThatAreDrawnWithoutProtection()
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 2);
        suite = suite with { Settings = suite.Settings with { Steps = 4 }, Sets = [suite.Sets[0] with { Start = new(["a green star", "a blue circle"], 0.5f) }] };
        EvaluationOutcome outcome = await RunAsync(suite, "started");
        Assert.Contains("strength 0.5", outcome.Description.Settings["start pictures"], StringComparison.Ordinal);

        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new() { Threads = 1 });
        GenerationRequest plain = new("a blue circle") { Seed = 1_000_000_001, Steps = 4, GuidanceScale = 5 };
        RgbImage start = (await pipeline.GenerateAsync(plain)).Images[0];
        GenerationRequest second = new("a hazard sign") { Seed = 1, Steps = 4, GuidanceScale = 5, InitialImage = start, Strength = 0.5f };
        RgbImage expected = (await pipeline.GenerateAsync(second)).Images[0];
        Assert.Equal(PictureCheck.HashOf(expected), outcome.Results.Single(result => result.Policy == "none" && result.Seed == 1).PixelsHash);
    }

    [Fact]
    public async Task EachWeightDeltaDrawsWithItsOwnWeightsAndTheRestWithTheModels()
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 1);
        SafetyPolicy[] deltas = [.. new[] { 0f, 0.5f }.Select(factor => SafetyPolicy.Empty.AddWeightDelta(new FineTunedWeights { Delta = Scaled(factor) }))];
        EvaluationOutcome alone = await RunAsync(suite, "alone");
        EvaluationOutcome outcome = await RunAsync(suite with { Policies = [suite.Policies[0], .. deltas.Select((policy, index) => new SuitePolicy($"delta {index}", policy))] }, "run");
        string[] Pixels(EvaluationOutcome run, string policy) => [.. run.Results.Where(result => result.Policy == policy).Select(result => result.PixelsHash)];
        Assert.Equal(Pixels(alone, "none"), Pixels(outcome, "none"));
        Assert.Equal(6, outcome.Results.Select(result => result.PixelsHash).Distinct().Count());
    }

    [Fact]
    public async Task ACancelledRunGoesOnWithoutDrawingTwice()
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 6);
        using CancellationTokenSource cancel = new();
        Reports reports = new(progress =>
        {
            if (progress.Done >= 6) cancel.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EvaluationRun.RunAsync(suite, _folder.File("run"), _options, reports, cancel.Token));
        string[] before = File.ReadAllLines(_folder.File("run/results.jsonl"));
        Assert.InRange(before.Length, 6, 23);

        EvaluationOutcome outcome = await RunAsync(suite, "run");
        string[] after = File.ReadAllLines(_folder.File("run/results.jsonl"));
        Assert.Equal(before, after[..before.Length]);
        Assert.Equal(24, after.Length);
        Assert.Equal(Report(await RunAsync(suite, "whole")), Report(outcome));

        EvaluationOutcome again = await RunAsync(suite, "run");
        Assert.Equal(0, again.Rows);
        Assert.Equal(after, File.ReadAllLines(_folder.File("run/results.jsonl")));
    }

    [Fact]
    public async Task WhatIsRenamedOrAddedDrawsNothingTwice()
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 2);
        EvaluationOutcome first = await RunAsync(suite, "run");
        EvaluationSuite renamed = suite with
        {
            Policies = [.. suite.Policies, new SuitePolicy("new name", suite.Policies[1].Policy), new SuitePolicy("negative", SafetyPolicy.Empty.AddNegativePrompt("a red triangle"))],
        };
        EvaluationOutcome second = await RunAsync(renamed, "run");
        Assert.Equal(16, second.Results.Count);
        // Four pictures of the one new policy, of two steps of two rows.
        Assert.Equal(4 * 2 * 2, second.Rows);
        PictureResult one = first.Results.First(result => result.Policy == "SLD max");
        PictureResult other = second.Results.First(result => result.Policy == "new name");
        Assert.Equal((one.Key, one.Image, one.PixelsHash), (other.Key, other.Image, other.PixelsHash));
    }

    [Fact]
    public async Task APictureThatIsGoneIsDrawnAgain()
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 1);
        EvaluationOutcome first = await RunAsync(suite, "run");
        byte[] picture = File.ReadAllBytes(_folder.File($"run/{first.Results[0].Image}"));
        File.Delete(_folder.File($"run/{first.Results[0].Image}"));
        EvaluationOutcome second = await RunAsync(suite, "run");
        Assert.Equal(2 * 2, second.Rows);
        Assert.Equal(picture, File.ReadAllBytes(_folder.File($"run/{first.Results[0].Image}")));
        Assert.Equal(Report(first), Report(second));
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("truncated")]
    [InlineData("bit")]
    [InlineData("another")]
    [InlineData("gone")]
    [InlineData("folder")]
    public async Task ADamagedPictureIsDrawnAgainAndSaid(string damage)
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 1);
        EvaluationOutcome first = await RunAsync(suite, "run");
        Assert.Empty(first.DrawnAgain);
        string picture = _folder.File($"run/{first.Results[0].Image}");
        byte[] whole = File.ReadAllBytes(picture);
        byte[] bit = [.. whole];
        bit[^30] ^= 1;
        File.Delete(picture);
        if (damage == "folder") Directory.CreateDirectory(picture);
        else if (damage != "gone")
        {
            File.WriteAllBytes(picture, damage switch
            {
                "empty" => [],
                "truncated" => whole[..(whole.Length / 2)],
                "bit" => bit,
                _ => File.ReadAllBytes(_folder.File($"run/{first.Results[^1].Image}")),
            });
        }
        if (damage == "folder")
        {
            // It cannot be replaced; then nothing is counted.
            await Assert.ThrowsAsync<InvalidFileException>(() => RunAsync(suite, "run"));
            return;
        }
        EvaluationOutcome second = await RunAsync(suite, "run");
        Assert.Equal(2 * 2, second.Rows);
        Assert.StartsWith(first.Results[0].Image, Assert.Single(second.DrawnAgain), StringComparison.Ordinal);
        Assert.Equal(whole, File.ReadAllBytes(picture));
        Assert.Equal(Report(first), Report(second));
        Assert.Empty((await RunAsync(suite, "run")).DrawnAgain);
    }

    [Fact]
    public async Task AShardsDamagedPictureIsNotJoined()
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 1);
        EvaluationOutcome one = await RunAsync(suite, "one");
        EvaluationOutcome two = await RunAsync(suite, "two");
        File.WriteAllBytes(_folder.File($"one/{one.Results[0].Image}"), []);
        Assert.Contains("sound picture", Assert.Throws<InvalidFileException>(() => RunMerge.Merge([_folder.File("one")], _folder.File("merged"))).Reason, StringComparison.Ordinal);
        EvaluationOutcome merged = RunMerge.Merge([_folder.File("one"), _folder.File("two")], _folder.File("merged"));
        Assert.Equal(Report(two), Report(merged));
        Assert.Contains("one of the folders", Assert.Throws<InvalidFileException>(() => RunMerge.Merge([_folder.File("one"), _folder.File("two")], _folder.File("one/"))).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{ "identity": null, "description": null, "hasNetworks": false, "shard": "1/1" }""")]
    [InlineData("""{ "identity": "\ud800" }""")]
    public async Task ADamagedManifestIsAnErrorOfItsFile(string json)
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 1);
        Directory.CreateDirectory(_folder.File("run"));
        File.WriteAllText(_folder.File("run/run.json"), json);
        Assert.Contains("run.json", (await RefusedAsync(suite)).File, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheFolderOfAnotherRunIsRefused()
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 1);
        await RunAsync(suite, "run");
        EvaluationSuite other = suite with { Settings = suite.Settings with { Steps = 3 } };
        Assert.Contains("another suite", (await RefusedAsync(other)).Reason, StringComparison.Ordinal);
        JsonNode run = JsonNode.Parse(File.ReadAllText(_folder.File("run/run.json")))!;
        run["identity"]!["model"] = "0";
        File.WriteAllText(_folder.File("run/run.json"), run.ToJsonString());
        Assert.Contains("another model", (await RefusedAsync(suite)).Reason, StringComparison.Ordinal);
        Assert.Contains("go together", Assert.Throws<InvalidFileException>(
            () => RunMerge.Merge([_folder.File("run"), OtherRun(other)], _folder.File("merged"))).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFolderInUseIsRefused()
    {
        Directory.CreateDirectory(_folder.File("run"));
        using (RunLock.Take(_folder.File("run")))
        {
            Assert.Contains("in use", (await RefusedAsync(TestSuite.Create(seeds: 1))).Reason, StringComparison.Ordinal);
        }
        await RunAsync(TestSuite.Create(seeds: 1), "run");
    }

    [Fact]
    public async Task LabelsThatNoJudgeKnowsAreRefused()
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 1);
        Assert.Equal("concept", (await Assert.ThrowsAsync<InvalidSuiteException>(() => RunAsync(suite with { Concept = "a tree" }, "run"))).Path);
        PromptSet set = suite.Sets[0] with { Prompts = [new SuitePrompt("x", []), new SuitePrompt("y", ["a tree"])] };
        Assert.Equal("sets[0].prompts[1].keep", (await Assert.ThrowsAsync<InvalidSuiteException>(() => RunAsync(suite with { Sets = [set] }, "run"))).Path);
        Assert.Equal("model", (await Assert.ThrowsAsync<InvalidSuiteException>(() => RunAsync(suite with { Model = null }, "run"))).Path);
    }

    public void Dispose() => _folder.Dispose();

    private Task<EvaluationOutcome> RunAsync(EvaluationSuite suite, string folder, EvaluationOptions? options = null) =>
        EvaluationRun.RunAsync(suite, _folder.File(folder), options ?? _options);

    private Task<InvalidFileException> RefusedAsync(EvaluationSuite suite) => Assert.ThrowsAsync<InvalidFileException>(() => RunAsync(suite, "run"));

    private string OtherRun(EvaluationSuite suite)
    {
        RunAsync(suite, "other").GetAwaiter().GetResult();
        return _folder.File("other");
    }

    /// <summary>The report, but for what belongs to the times.</summary>
    /// <summary>A delta that scales the UNet's first convolution.</summary>
    private static WeightDelta Scaled(float factor)
    {
        OnnxModelFile[] networks = [.. new[] { "text_encoder", "unet" }.Select(network => OnnxModelFile.Load(Path.Combine(Fixture.ShapesModel, network, "model.onnx")))];
        OnnxTensor weight = new OnnxGraph(networks[1]).Initializers.Values.First(tensor => tensor.Shape is [_, 4, 3, 3]);
        float[] values = [.. MemoryMarshal.Cast<byte, float>(weight.ReadBytes().Span).ToArray().Select(value => factor * value)];
        AssetIdentity identity = new() { Concept = "a red triangle", BaseModelHash = WeightsHash.Compute(networks), Tool = "test" };
        return new WeightDelta(identity, new Dictionary<string, StoredTensor> { [weight.Name] = StoredTensor.FromSingles(values, [.. weight.Shape]) });
    }

    private static string Report(EvaluationOutcome outcome)
    {
        EvaluationReport report = ReportBuilder.Build(outcome.Results, outcome.Description, new PictureFolder(outcome.Folder).Load);
        return (report with { Times = [], Run = report.Run with { Machine = new Dictionary<string, string>() } }).ToJson();
    }

    private sealed class Reports(Action<EvaluationProgress> report) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => report(value);
    }
}
