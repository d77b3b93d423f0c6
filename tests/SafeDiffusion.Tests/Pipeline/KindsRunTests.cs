using System.Reflection;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Guidance;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Methods.Semantic;
using SafeDiffusion.Methods.SurgicalErasing;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;
using static SafeDiffusion.Pipeline.Drawn;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: each kind of protection does what its contract says, and nothing to anybody else's rows.</summary>
public sealed class KindsRunTests : IAsyncLifetime
{
    private const string Concept = "a red triangle";

    private static readonly GenerationRequest _request =
        new("a red triangle on a gray background") { Seed = 4, Steps = 8, GuidanceScale = 5, KeepLatents = true };

    private SafeDiffusionPipeline _pipeline = null!;

    public async Task InitializeAsync() => _pipeline = await SafeDiffusionPipeline.LoadAsync(
        Fixture.ShapesModel,
        new PipelineOptions { AttentionFeatures = AttentionFeatures.Inhibit }.For(DetectingModel.Policy));

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Fact]
    public async Task AnInhibitorOfScaleZeroChangesNoBit()
    {
        GenerationResult plain = await Draw(SafetyPolicy.Empty);
        GenerationResult off = await Draw(SafetyPolicy.Empty.AddGrowthInhibitor(Concept, scale: 0));
        AssertSame(plain, off);
        Assert.All(Interventions(off), intervention => Assert.Equal((false, "scale is zero"), (intervention.Acted, intervention.Reason)));
    }

    [Fact]
    public async Task AnInhibitorActsInItsWindowAtNoRow()
    {
        GenerationResult plain = await Draw(SafetyPolicy.Empty);
        SafetyPolicy policy = SafetyPolicy.Empty.AddGrowthInhibitor(new() { Concept = Concept, Scale = 3, StartStep = 2, EndStep = 5 });
        GenerationResult inhibited = await Draw(policy);
        Assert.Equal(plain.Report.Cost.Rows, inhibited.Report.Cost.Rows);
        Assert.Equal([false, false, true, true, true, false, false, false], Interventions(inhibited).Select(intervention => intervention.Acted));
        Assert.All(Interventions(inhibited).Where(intervention => intervention.Acted), intervention =>
        {
            Assert.Equal(3, intervention.Scale);
            Assert.InRange(intervention.Response!.Value, 0.01f, 1);
        });
        // Up to its window nothing differs, from then on everything.
        int step = plain.Latents!.Initial.Count;
        Assert.Equal(Steps(plain)[..(2 * step)], Steps(inhibited)[..(2 * step)]);
        Assert.NotEqual(Steps(plain)[(2 * step)..(3 * step)], Steps(inhibited)[(2 * step)..(3 * step)]);
        Assert.Contains(": acted in 3 of 8 steps", inhibited.Report.Summary, StringComparison.Ordinal);
    }

    /// <summary>Requests with and without inhibitors, with different guidance scales, share UNet calls and get what they would get alone.</summary>
    [Fact]
    public async Task WhatOneRowIsGivenReachesNoOther()
    {
        GenerationRequest[] requests =
        [
            _request,
            _request with { Policy = SafetyPolicy.Empty.AddGrowthInhibitor(Concept).AddGrowthInhibitor("a blue circle", 2) },
            _request with { GuidanceScale = 3, Policy = SafetyPolicy.Empty.AddGrowthInhibitor(new() { Concept = "a green star", StartStep = 4 }) },
            _request with { Policy = SafetyPolicy.Empty.AddSafeLatent(Concept, SafeLatentPreset.Max).AddDetectAndGuide(DetectingModel.Guidance) },
        ];
        IReadOnlyList<GenerationResult> together = await _pipeline.GenerateBatchAsync(requests);
        for (int i = 0; i < requests.Length; i++)
        {
            GenerationResult alone = await _pipeline.GenerateAsync(requests[i]);
            ReferenceRunTests.AssertClose(alone.Latents!.Steps, together[i].Latents!.Steps, 1e-4f);
            Assert.Equal(alone.Report.Cost.Rows, together[i].Report.Cost.Rows);
        }
    }

    [Fact]
    public async Task APipelineWithoutTheFeatureRefusesBeforeTheFirstStep()
    {
        await using SafeDiffusionPipeline plain = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel);
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(
            () => plain.GenerateAsync(_request with { Policy = SafetyPolicy.Empty.AddGrowthInhibitor(Concept) }));
        Assert.Equal("policy", error.Field);
        Assert.Contains("Inhibit", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheIdentityErasesNothing()
    {
        GenerationResult plain = await Draw(SafetyPolicy.Empty);
        GenerationResult same = await Draw(Erasure(1));
        AssertSame(plain, same);
        ErasureReport erasure = Assert.Single(same.Report.Images[0].Erasures);
        Assert.Equal((false, 0, 0f), (erasure.Erased, erasure.Tokens, erasure.Change));
    }

    /// <summary>The prompt's states become twice themselves; a protection with the very same text keeps its own, and so a row of its own.</summary>
    [Fact]
    public async Task AnErasureReachesThePromptAlone()
    {
        GenerationRequest request = _request with { Prompt = Concept };
        SafetyPolicy safeLatent = SafetyPolicy.Empty.AddSafeLatent(Concept, SafeLatentPreset.Max);
        GenerationResult shared = await _pipeline.GenerateAsync(request with { Policy = safeLatent });
        GenerationResult erased = await _pipeline.GenerateAsync(request with { Policy = safeLatent.AddTextErasure(Projection(2)) });
        Assert.All(shared.Report.Images[0].Steps, step => Assert.Equal(2, step.Rows));
        Assert.All(erased.Report.Images[0].Steps, step => Assert.Equal(3, step.Rows));
        ErasureReport erasure = Assert.Single(erased.Report.Images[0].Erasures);
        Assert.Equal((true, 24, 1f), (erasure.Erased, erasure.Tokens, erasure.Change));
        // What the next request is encoded to is not touched.
        AssertSame(await _pipeline.GenerateAsync(request), await _pipeline.GenerateAsync(request));
    }

    [Fact]
    public async Task AnErasureOfAnotherWidthIsRefused() =>
        await Assert.ThrowsAsync<InvalidRequestException>(() => Draw(SafetyPolicy.Empty.AddTextErasure(new LinearTextErasure { Projection = TestProjection.Of(8, 1), AllowOtherModel = true })));

    [Fact]
    public async Task AProjectionOfAnotherModelIsRefused() =>
        await Assert.ThrowsAsync<InvalidRequestException>(() => Draw(SafetyPolicy.Empty.AddTextErasure(new LinearTextErasure { Projection = TestProjection.Of(64, 1) })));

    [Fact]
    public async Task AnObserverSeesWhatGuidanceSeesAndChangesNoBit()
    {
        GenerationResult plain = await Draw(SafetyPolicy.Empty);
        GenerationResult watched = await _pipeline.GenerateAsync(_request with { HeatMapEvery = 4, Policy = SafetyPolicy.Empty.AddDetection(DetectingModel.GuidelineFile) });
        GenerationResult guided = await Draw(SafetyPolicy.Empty.AddDetectAndGuide(DetectingModel.Guidance));
        AssertSame(plain, watched);
        Assert.Equal(plain.Report.Images[0].Steps.Sum(step => step.Rows), watched.Report.Images[0].Steps.Sum(step => step.Rows));
        Assert.Equal(plain.Report.Cost.Rows + 1, watched.Report.Cost.Rows);
        Assert.True(Assert.Single(watched.Report.Images[0].Finished).Detection!.Value.Area > 0);
        Assert.Equal(2, watched.HeatMaps.Count);
        DetectionReading? first = Assert.Single(watched.Report.Images[0].Steps[0].Observations).Detection;
        Assert.Equal(guided.Report.Images[0].Steps[0].Terms[0].Detection, first);
        Assert.True(watched.Report.Images[0].Steps[^1].Observations[0].Detection!.Value.Area > 0);
    }

    [Fact]
    public async Task APolicyMayOnlyDetectAndWithhold()
    {
        GenerationResult result = await Draw(SafetyPolicy.Empty.AddDetection(DetectingModel.GuidelineFile).WhenStillDetected(RemedialAction.Withhold));
        Assert.Equal((true, RemedialAction.Withhold), (result.Report.Images[0].Check!.Flagged, result.Report.Images[0].Check!.Action));
    }

    /// <summary>A negative prompt that names the concept must not make the difference between concept and null vanish.</summary>
    [Theory]
    [InlineData("safe-latent")]
    [InlineData("semantic")]
    [InlineData("surgical-erasing")]
    [InlineData("trajectory-steering")]
    [InlineData("detect-and-guide")]
    public async Task ANegativePromptSwitchesNoProtectionOff(string method)
    {
        SafetyPolicy policy = method switch
        {
            "safe-latent" => SafetyPolicy.Empty.AddSafeLatent(Concept, SafeLatentPreset.Max),
            "semantic" => SafetyPolicy.Empty.AddSemantic(new SemanticGuidance { Concepts = [new() { Text = Concept, WarmupSteps = 0 }] }),
            "surgical-erasing" => SafetyPolicy.Empty.AddSurgicalErasing(new SurgicalErasingGuidance { Instructions = [new() { Text = Concept, WarmupSteps = 0 }] }),
            "trajectory-steering" => SafetyPolicy.Empty.AddTrajectorySteering(Concept, "a green star"),
            _ => SafetyPolicy.Empty.AddDetectAndGuide(DetectingModel.Guidance),
        };
        GenerationResult without = await Draw(policy);
        GenerationResult with = await _pipeline.GenerateAsync(_request with { NegativePrompt = Concept, Policy = policy });
        TermReport[] before = [.. without.Report.Images[0].Steps.Select(step => step.Terms[0])];
        TermReport[] after = [.. with.Report.Images[0].Steps.Select(step => step.Terms[0])];
        Assert.True(before[0].Guided);
        // The first step starts at the same latents, so that the term does not depend on the negative prompt at all.
        Assert.Equal(before[0].Norm, after[0].Norm, 1e-3f * before[0].Norm);
        // One row more while it acts, the empty text's; where the negative prompt is word for word the concept, these two share one instead.
        int more = method == "detect-and-guide" ? 1 : 0;
        Assert.Equal(without.Report.Images[0].Steps[0].Rows + more, with.Report.Images[0].Steps[0].Rows);
    }

    /// <summary>What the eight steps of the request never reach is refused before the first, by the protection's place and name.</summary>
    [Fact]
    public async Task AProtectionThatWouldNeverActIsRefused()
    {
        SafetyPolicy[] late =
        [
            SafetyPolicy.Empty.AddSafeLatent(Concept, SafeLatentPreset.Medium),
            SafetyPolicy.Empty.AddSemantic(Concept),
            SafetyPolicy.Empty.AddSemantic(new SemanticGuidance { Concepts = [new() { Text = "a star", WarmupSteps = 0 }, new() { Text = Concept, WarmupSteps = 8 }] }),
            SafetyPolicy.Empty.AddSurgicalErasing(new SurgicalErasingGuidance { Instructions = [new() { Text = Concept, WarmupSteps = 0, LowestTimestep = 0.99 }] }),
            SafetyPolicy.Empty.AddDetectAndGuide(DetectingModel.Guidance with { StartStep = 2_000_000_000 }),
            SafetyPolicy.Empty.AddGrowthInhibitor(new() { Concept = Concept, StartStep = 8 }),
        ];
        foreach (SafetyPolicy policy in late)
        {
            InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => Draw(policy));
            Assert.Equal("policy", error.Field);
            Assert.Contains($"protections[0] ({policy.Protections[0].Method})", error.Message, StringComparison.Ordinal);
        }
        SafetyPolicy lastStep = SafetyPolicy.Empty.AddGrowthInhibitor(new() { Concept = Concept, StartStep = 7 });
        Assert.True(Interventions(await Draw(lastStep))[7].Acted);
    }

    /// <summary>Kept special tokens are the request's wish for its own texts; the policy's negative prompt is read as always.</summary>
    [Fact]
    public async Task KeptSpecialTokensDoNotReachThePolicysTexts()
    {
        SafetyPolicy policy = SafetyPolicy.Empty.AddNegativePrompt("<|endoftext|> a red triangle");
        AssertSame(await Draw(policy), await _pipeline.GenerateAsync(_request with { KeepSpecialTokens = true, Policy = policy }));
    }

    /// <summary>By SLD's formula nothing is left where the concept is the very prompt; then the report must not say that it guides.</summary>
    [Fact]
    public async Task ATermOfZeroIsNotCalledGuidance()
    {
        GenerationResult result = await _pipeline.GenerateAsync(_request with { Policy = SafetyPolicy.Empty.AddSafeLatent(new SafeLatentGuidance { Concept = Concept, Preset = SafeLatentPreset.Max, Threshold = -1e6f }) });
        Assert.All(result.Report.Images[0].Steps, step => Assert.Equal((false, "term is zero"), (step.Terms[0].Guided, step.Terms[0].Reason)));
        Assert.Contains(": guided in 0 of 8 steps", result.Report.Summary, StringComparison.Ordinal);
    }

    /// <summary>By its formula alone safe-latent would do nothing here: the prompt is as near to the concept as can be.</summary>
    [Fact]
    public async Task SafeLatentActsWhereThePromptIsItsConcept()
    {
        GenerationResult result = await _pipeline.GenerateAsync(_request with { Prompt = Concept, Policy = SafetyPolicy.Empty.AddSafeLatent(Concept.ToUpperInvariant(), SafeLatentPreset.Max) });
        Assert.All(result.Report.Images[0].Steps, step => Assert.True(step.Terms[0] is { Guided: true, Norm: > 1 }));
    }

    /// <summary>A direct heir of Protection could be run by nobody; the compiler refuses it outside the library, because of this.</summary>
    [Fact]
    public void OnlyTheLibraryHasKinds()
    {
        MethodInfo kind = typeof(Protection).GetMethod("Kind", BindingFlags.Instance | BindingFlags.NonPublic)!;
        Assert.True(kind.IsAbstract && kind.IsFamilyAndAssembly);
        Type[] kinds = [typeof(NoiseGuidance), typeof(AttentionIntervention), typeof(TextErasure), typeof(Observer)];
        Assert.All(kinds, type => Assert.True(type.GetMethod("Kind", BindingFlags.Instance | BindingFlags.NonPublic)!.IsFinal));
        Assert.All(MethodCatalogue.Default.Names.Select(name => MethodCatalogue.Default.Find(name)!), type => Assert.True(type.IsSealed));
    }

    [Fact]
    public void ARowBeyondTheSetIsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Row(Row.Limit));
        Assert.True(((RowSet)new Row(Row.Limit - 1)).Contains(new Row(Row.Limit - 1)));
        Assert.False(((RowSet)new Row(Row.Limit - 1)).Contains(new Row(5)));
    }

    [Fact]
    public void AnErasureProjectionComesBackFromItsFile()
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(folder.Path, "p.safetensors");
        ErasureProjection projection = TestProjection.Of(64, 2);
        projection.Save(file);
        SafetyPolicy policy = SafetyPolicy.Empty.AddTextErasure(file);
        SafetyPolicy read = SafetyPolicy.Parse(policy.ToJson(folder.Path), folder.Path);
        LinearTextErasure erasure = Assert.IsType<LinearTextErasure>(read.Protections.Single());
        Assert.Equal((projection.Hash, "a red triangle"), (erasure.Projection.Hash, erasure.Projection.Identity.Concept));
        Assert.True(projection.Matrix.SequenceEqual(erasure.Projection.Matrix));
        new SafeTensorsFile(new Dictionary<string, StoredTensor> { ["projection"] = StoredTensor.FromSingles(new float[6], 2, 3) }, projection.Identity.ToMetadata("erasure")).Save(file);
        Assert.Contains("square", Assert.Throws<InvalidFileException>(() => ErasureProjection.Load(file)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidFileException>(() => ErasureProjection.Load(DetectingModel.GuidelineFile));
    }

    private static SafetyPolicy Erasure(float factor) => SafetyPolicy.Empty.AddTextErasure(Projection(factor));

    private static LinearTextErasure Projection(float factor) => new() { Projection = TestProjection.Of(64, factor), AllowOtherModel = true };

    private Task<GenerationResult> Draw(SafetyPolicy policy) => _pipeline.GenerateAsync(_request with { Policy = policy });

    private static InterventionReport[] Interventions(GenerationResult result) => [.. result.Report.Images[0].Steps.Select(step => step.Interventions.Single())];

    private static float[] Steps(GenerationResult result) => result.Latents!.Steps.ToSingles();
}
