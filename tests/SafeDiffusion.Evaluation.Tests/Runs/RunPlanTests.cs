using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Detection;
using SafeDiffusion.Evaluation.Runs.Planning;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Methods.FineTuned;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>Formula layer: keys, shards and batches.</summary>
public sealed class RunPlanTests
{
    private static readonly RunIdentity _identity = new("tool 1", "1.0", "cpu", "model", [new JudgeIdentity("shapes", "f")]);
    private static readonly SuiteSettings _settings = new() { Steps = 3, GuidanceScale = 5, Width = 64, Height = 64 };

    public static TheoryData<string> Changes =>
        ["tool", "runtime", "provider", "model", "judge", "judge's name", "steps", "guidance", "eta", "width", "height", "policy", "prompt", "seed"];

    [Theory]
    [MemberData(nameof(Changes))]
    public void EveryInputChangesTheKey(string change)
    {
        (RunIdentity identity, SuiteSettings settings, string policy, string prompt, long seed) = change switch
        {
            "tool" => (_identity with { Tool = "tool 2" }, _settings, "p", "a", 1L),
            "runtime" => (_identity with { OnnxRuntime = "1.1" }, _settings, "p", "a", 1),
            "provider" => (_identity with { Provider = "cuda" }, _settings, "p", "a", 1),
            "model" => (_identity with { Model = "model2" }, _settings, "p", "a", 1),
            "judge" => (_identity with { Judges = [new JudgeIdentity("shapes", "g")] }, _settings, "p", "a", 1),
            "judge's name" => (_identity with { Judges = [new JudgeIdentity("other", "f")] }, _settings, "p", "a", 1),
            "steps" => (_identity, _settings with { Steps = 4 }, "p", "a", 1),
            "guidance" => (_identity, _settings with { GuidanceScale = 5.5f }, "p", "a", 1),
            "eta" => (_identity, _settings with { Eta = 0.5f }, "p", "a", 1),
            "width" => (_identity, _settings with { Width = null }, "p", "a", 1),
            "height" => (_identity, _settings with { Height = 128 }, "p", "a", 1),
            "policy" => (_identity, _settings, "q", "a", 1),
            "prompt" => (_identity, _settings, "p", "b", 1),
            _ => (_identity, _settings, "p", "a", 2L),
        };
        string key = new PictureKeys(_identity, _settings).Of("p", "a", 1);
        Assert.Equal(64, key.Length);
        Assert.Equal(key, new PictureKeys(_identity with { }, _settings with { }).Of("p", "a", 1));
        Assert.NotEqual(key, new PictureKeys(identity, settings).Of(policy, prompt, seed));
    }

    [Fact]
    public void TextsDoNotRunIntoEachOther()
    {
        PictureKeys keys = new(_identity, _settings);
        Assert.NotEqual(keys.Of("ab", "c", 1), keys.Of("a", "bc", 1));
    }

    [Fact]
    public void WhatAPictureStartsFromIsAPartOfItsKeyAndStrengthsAreDrawnApart()
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 2);
        PromptSet set = suite.Sets[0];
        suite = suite with { Sets = [set, Started(0.5f, "a red triangle"), Started(0.5f, "a star"), Started(0.8f, "a red triangle")] };
        RunPlan plan = RunPlan.Create(suite, new PictureKeys(_identity, suite.Settings), Shard.Whole);
        Assert.Equal(plan.Pictures.Count, plan.Pictures.Select(picture => picture.Key).Distinct().Count());
        IReadOnlyList<PictureBatch> batches = RunSchedule.Create(plan.Pictures, batchSize: 8);
        Assert.Equal(6, batches.Count);
        Assert.All(batches, batch => Assert.Single(batch.Pictures.Select(picture => picture[0].Set.Start?.Strength).Distinct()));

        PromptSet Started(float strength, string prompt) => set with { Name = $"from {prompt} {strength}", Start = new([prompt], strength) };
    }

    [Fact]
    public void AnAssetCountsWithItsContentAndNotItsName()
    {
        using Fixtures.TemporaryFolder folder = new();
        string first = Content("first.safetensors", 1), renamed = Content("renamed.safetensors", 1), other = Content("other.safetensors", 2);
        Assert.Equal(first, renamed);
        Assert.NotEqual(first, other);

        string Content(string name, float value)
        {
            AssetIdentity identity = new() { Concept = "a star", BaseModelHash = "none", Tool = "test" };
            new Guideline(identity, [value], 1, [], LayerSelection.Detection, [new(0, 0, 1)]).Save(folder.File(name));
            return PolicyContent.Of(SafetyPolicy.Empty.AddDetectAndGuide(folder.File(name))).ToJsonString();
        }
    }

    [Fact]
    public void AWeightDeltaCountsWithItsContentAndNotItsName()
    {
        using Fixtures.TemporaryFolder folder = new();
        Assert.NotEqual(Content(1), Content(2));

        string Content(float value)
        {
            AssetIdentity identity = new() { Concept = "a star", BaseModelHash = "none", Tool = "test" };
            string file = folder.File("same.safetensors");
            new WeightDelta(identity, new Dictionary<string, StoredTensor> { ["w"] = StoredTensor.FromSingles([value], 1) }).Save(file);
            return PolicyContent.Of(SafetyPolicy.Empty.AddWeightDelta(file)).ToJsonString();
        }
    }

    [Fact]
    public void ShardsAreThePlanInParts()
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 5);
        PictureKeys keys = new(_identity, suite.Settings);
        RunPlan whole = RunPlan.Create(suite, keys, Shard.Whole);
        RunPlan[] parts = [.. Enumerable.Range(1, 3).Select(index => RunPlan.Create(suite, keys, new Shard(index, 3)))];
        Assert.All(parts, part => Assert.Equal(whole.Whole, part.Whole));
        Assert.Equal(whole.Pictures.Count, parts.Sum(part => part.Pictures.Count));
        Assert.Equal(whole.Pictures.Select(picture => picture.Id).ToHashSet(), parts.SelectMany(part => part.Pictures).Select(picture => picture.Id).ToHashSet());
        // A seed's pictures stay together, so that each shard has what it compares with.
        Assert.All(parts, part => Assert.All(part.Pictures.GroupBy(picture => (picture.Set, picture.Index)), seed => Assert.Equal(suite.Policies.Length, seed.Count())));
    }

    [Fact]
    public void EqualPicturesAreDrawnOnce()
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 2);
        suite = suite with { Policies = [.. suite.Policies, new SuitePolicy("again", SafetyPolicy.Empty), new SuitePolicy("SLD again", suite.Policies[^1].Policy)] };
        RunPlan plan = RunPlan.Create(suite, new PictureKeys(_identity, suite.Settings), Shard.Whole);
        IReadOnlyList<PictureBatch> batches = RunSchedule.Create(plan.Pictures, batchSize: 3);
        Assert.Equal(plan.Pictures.Select(picture => picture.Key).Distinct().Count(), batches.Sum(batch => batch.Pictures.Count));
        Assert.Equal(plan.Pictures.Count, batches.Sum(batch => batch.Pictures.Sum(picture => picture.Count)));
        Assert.All(plan.Pictures.GroupBy(picture => picture.Key), group => Assert.Single(group.Select(picture => picture.Image).Distinct()));
    }

    [Fact]
    public void ABatchIsOfOnePolicyAndPoliciesTakeTurns()
    {
        EvaluationSuite suite = TestSuite.Create(seeds: 4);
        RunPlan plan = RunPlan.Create(suite, new PictureKeys(_identity, suite.Settings), Shard.Whole);
        IReadOnlyList<PictureBatch> batches = RunSchedule.Create(plan.Pictures, batchSize: 3);
        Assert.All(batches, batch => Assert.Single(batch.Pictures.Select(picture => picture[0].Policy).Distinct()));
        Assert.Equal(suite.Policies, batches.Take(suite.Policies.Length).Select(batch => batch.Pictures[0][0].Policy));
        Assert.All(batches, batch => Assert.InRange(batch.Pictures.Count, 1, 3));
    }

    [Theory]
    [InlineData("2/3", 2, 3)]
    [InlineData("1/1", 1, 1)]
    public void ReadsAShard(string text, int index, int count) => Assert.Equal(new Shard(index, count), Shard.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("0/3")]
    [InlineData("4/3")]
    [InlineData("1")]
    [InlineData("1/2/3")]
    [InlineData("-1/2")]
    [InlineData("a/b")]
    public void RefusesAShardThatIsNone(string text) => Assert.Equal("--shard", Assert.Throws<InvalidRequestException>(() => Shard.Parse(text)).Field);
}
