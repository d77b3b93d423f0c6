using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Methods.SurgicalErasing;
using SafeDiffusion.Methods.TokenReweighting;
using SafeDiffusion.Policies;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: words of the prompt re-weighted in its own row and in a row beside it, on the shapes model.</summary>
public sealed class ReweightingRunTests : IAsyncLifetime
{
    private static readonly GenerationRequest _request = new("a blue circle and a red triangle") { Seed = 4, Steps = 6, GuidanceScale = 5, KeepLatents = true };

    private SafeDiffusionPipeline _pipeline = null!;

    public async Task InitializeAsync() => _pipeline = await SafeDiffusionPipeline.LoadAsync(
        Fixture.ShapesModel, new PipelineOptions { AttentionFeatures = AttentionFeatures.Reweight | AttentionFeatures.Inhibit });

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Theory]
    [InlineData("red triangle", 1f, "factor is one")]
    [InlineData("green star", 0f, "word does not occur")]
    public async Task WhatReweightsNothingChangesNoBit(string word, float factor, string reason)
    {
        GenerationResult plain = await Draw(SafetyPolicy.Empty);
        GenerationResult off = await Draw(SafetyPolicy.Empty.AddTokenReweighting(word, factor));
        Assert.Equal(Latents(plain), Latents(off));
        Assert.Equal(plain.Report.Cost.Rows, off.Report.Cost.Rows);
        Assert.All(Interventions(off), intervention => Assert.Equal((false, reason), (intervention.Acted, intervention.Reason)));
        Assert.All(off.Report.Warnings, warning => Assert.Equal("few-steps", warning.Code));
    }

    [Fact]
    public async Task TwoHalvesAreAQuarterAtNoRow()
    {
        GenerationResult plain = await Draw(SafetyPolicy.Empty);
        GenerationResult quarter = await Draw(SafetyPolicy.Empty.AddTokenReweighting("red triangle", 0.25f));
        GenerationResult halves = await Draw(SafetyPolicy.Empty.AddTokenReweighting("red triangle", 0.5f).AddTokenReweighting("RED  triangle", 0.5f));
        Assert.Equal(Latents(quarter), Latents(halves));
        Assert.NotEqual(Latents(plain), Latents(quarter));
        Assert.Equal(plain.Report.Cost.Rows, quarter.Report.Cost.Rows);
        Assert.All(Interventions(quarter), intervention => Assert.Equal((true, 0.25f, null), (intervention.Acted, intervention.Scale, intervention.Reason)));
    }

    /// <summary>u + g (p - u) - g (p - p') is u + g (p' - u): the two methods meet where the scale is the guidance scale's.</summary>
    [Fact]
    public async Task TheImplicitSignalAtTheGuidanceScaleIsReweighting()
    {
        GenerationResult reweighted = await Draw(SafetyPolicy.Empty.AddTokenReweighting("red triangle"));
        GenerationResult erased = await Draw(Implicit("red triangle", -_request.GuidanceScale));
        ReferenceRunTests.AssertClose(reweighted.Latents!.Steps, erased.Latents!.Steps, 1e-3f);
        Assert.All(erased.Report.Images[0].Steps, step => Assert.Equal((3, true), (step.Rows, step.Terms[0].Guided)));
    }

    [Fact]
    public async Task TheImplicitSignalCostsNothingWithoutItsWord()
    {
        GenerationResult plain = await Draw(SafetyPolicy.Empty);
        GenerationResult inert = await Draw(Implicit("green star", -7.5f));
        Assert.Equal(Latents(plain), Latents(inert));
        Assert.Equal(plain.Report.Cost.Rows, inert.Report.Cost.Rows);
        Assert.All(inert.Report.Images[0].Steps, step => Assert.Equal((false, "word does not occur"), (step.Terms[0].Guided, step.Terms[0].Reason)));
    }

    /// <summary>An inhibitor in the prompt's row stays: the signal beside it is the one that it is without.</summary>
    [Fact]
    public async Task TheImplicitSignalTakesNoInterventionBack()
    {
        SafetyPolicy inhibitor = SafetyPolicy.Empty.AddGrowthInhibitor("a blue circle", 20);
        GenerationResult alone = await Draw(Implicit("red triangle", -7.5f));
        GenerationResult both = await Draw(inhibitor.Add(Implicit("red triangle", -7.5f).Protections[0]));
        TermReport first = alone.Report.Images[0].Steps[0].Terms[0], beside = both.Report.Images[0].Steps[0].Terms[0];
        Assert.Equal(first.Norm, beside.Norm, 1e-3f * first.Norm);
        Assert.All(both.Report.Images[0].Steps, step => Assert.Equal(4, step.Rows));
    }

    /// <summary>Words are found behind special tokens that a request keeps; the phrase itself is never read as one.</summary>
    [Theory]
    [InlineData("<|startoftext|>a red triangle<|endoftext|>a red triangle")]
    [InlineData("a RED   Triangle")]
    [InlineData("red triangle")]
    public async Task WordsAreFoundHoweverTheyAreWritten(string prompt)
    {
        GenerationResult result = await _pipeline.GenerateAsync(_request with { Prompt = prompt, KeepSpecialTokens = true, Policy = SafetyPolicy.Empty.AddTokenReweighting("red triangle") });
        Assert.All(Interventions(result), intervention => Assert.True(intervention.Acted));
    }

    [Fact]
    public async Task APipelineWithoutTheFeatureRefusesBeforeTheFirstStep()
    {
        await using SafeDiffusionPipeline plain = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel);
        foreach (SafetyPolicy policy in new[] { SafetyPolicy.Empty.AddTokenReweighting("star"), Implicit("star", -7.5f) })
        {
            InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => plain.GenerateAsync(_request with { Policy = policy }));
            Assert.Contains("Reweight", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AWindowThatIsNeverReachedIsRefused()
    {
        SafetyPolicy late = SafetyPolicy.Empty.AddTokenReweighting(new TokenReweighting { Words = [new() { Text = "star" }], StartStep = 6 });
        Assert.Contains("token-reweighting", (await Assert.ThrowsAsync<InvalidRequestException>(() => Draw(late))).Message, StringComparison.Ordinal);
    }

    private static SafetyPolicy Implicit(string word, float scale) =>
        SafetyPolicy.Empty.AddSurgicalErasing(new SurgicalErasingGuidance { Instructions = [new() { Text = word, TokenFactor = 0, Scale = scale, LowestTimestep = 0 }] });

    private Task<GenerationResult> Draw(SafetyPolicy policy) => _pipeline.GenerateAsync(_request with { Policy = policy });

    private static InterventionReport[] Interventions(GenerationResult result) => [.. result.Report.Images[0].Steps.Select(step => step.Interventions.Single())];

    private static float[] Latents(GenerationResult result) => result.Latents!.Steps.ToSingles();
}
