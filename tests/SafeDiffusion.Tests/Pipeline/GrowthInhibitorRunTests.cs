using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Guidance;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;
using static SafeDiffusion.Pipeline.Drawn;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: what growth inhibitors do and leave alone, by what must hold whatever the model draws.</summary>
public sealed class GrowthInhibitorRunTests : IAsyncLifetime
{
    private const string Concept = "a red triangle";
    private const int Layers = 7;

    private static readonly GenerationRequest _request =
        new("a red triangle on a pink background") { Seed = 61, Steps = 6, GuidanceScale = 5, KeepLatents = true };

    private SafeDiffusionPipeline _pipeline = null!;

    public async Task InitializeAsync() => _pipeline = await SafeDiffusionPipeline.LoadAsync(
        Fixture.ShapesModel, new PipelineOptions { AttentionFeatures = AttentionFeatures.Inhibit }.For(DetectingModel.Policy));

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Fact]
    public async Task OneInhibitorOfAllTokensIsAsManyOfOneTokenEach()
    {
        GenerationResult together = await Draw(new GrowthInhibition { Concept = Concept, Scale = 4 });
        GenerationResult apart = await Draw(new GivenInhibitors
        {
            Make = context =>
        {
            TextStates states = context.Encode(Concept);
            return [.. Enumerable.Range(1, states.Text!.EndPosition - 1).Select(token => new Inhibitor(states, [.. Enumerable.Range(0, states.Tokens).Select(i => i == token ? -4f : 0f)]))];
        }
        });
        ReferenceRunTests.AssertClose(together.Latents!.Steps, apart.Latents!.Steps, 1e-4f);
    }

    /// <summary>Against the empty text: all tokens of the concept weigh -w, all of the empty text +w, so that the empty text against itself does nothing.</summary>
    [Fact]
    public async Task ContrastAddsTheEmptyText()
    {
        GenerationResult contrast = await Draw(new GrowthInhibition { Concept = Concept, Scale = 3, Contrast = true });
        GenerationResult given = await Draw(new GivenInhibitors
        {
            Make = context =>
        {
            (TextStates states, TextStates none) = (context.Encode(Concept), context.Encode(""));
            return [new(states, [.. Enumerable.Repeat(-3f, states.Tokens)]), new(none, [.. Enumerable.Repeat(3f, none.Tokens)])];
        }
        });
        ReferenceRunTests.AssertClose(given.Latents!.Steps, contrast.Latents!.Steps, 1e-4f);
    }

    [Fact]
    public async Task TheSameConceptTwiceIsInhibitedOnce()
    {
        GenerationResult once = await Draw(new GrowthInhibition { Concept = Concept, Scale = 4 });
        GenerationResult twice = await Draw(new GrowthInhibition { Concepts = [new() { Text = Concept, Scale = 1 }, new() { Text = "a RED triangle", Scale = 4 }] });
        AssertSame(once, twice);
        IReadOnlyList<InterventionPart> parts = Interventions(twice)[0].Parts;
        Assert.Equal([("a RED triangle", 4f), (Concept, 0f)], parts.Select(part => (part.Name, part.Scale)));
        Assert.Contains("means nearly what \"a RED triangle\" does", parts[1].Reason, StringComparison.Ordinal);
        // Concepts that are not the same act together, and at no row more.
        GenerationResult both = await Draw(new GrowthInhibition { Concept = Concept, Scale = 4, Concepts = [new() { Text = "a blue circle" }] });
        Assert.Equal([4f, 4f], Interventions(both)[0].Parts.Select(part => part.Scale));
        Assert.NotEqual(Steps(once), Steps(both));
        Assert.Equal(once.Report.Cost.Rows, both.Report.Cost.Rows);
    }

    [Fact]
    public async Task LayersAreChosenAndNamed()
    {
        GenerationResult all = await Draw(new GrowthInhibition { Concept = Concept });
        AssertSame(all, await Draw(new GrowthInhibition { Concept = Concept, Layers = LayerSelection.ByIndex([.. Enumerable.Range(0, Layers)]) }));
        GenerationResult middle = await Draw(new GrowthInhibition { Concept = Concept, Layers = LayerSelection.ByGrid(4) });
        string name = Assert.Single(Interventions(middle)[0].Layers);
        Assert.StartsWith("mid_block", name, StringComparison.Ordinal);
        // In the middle alone is all but what the others do.
        GenerationResult given = await Draw(new GivenInhibitors
        {
            Make = context =>
        {
            TextStates states = context.Encode(Concept);
            return [new(states, [.. Enumerable.Range(0, states.Tokens).Select(i => i >= 1 && i < states.Text!.EndPosition ? -5f : 0f)])
            {
                LayerScales = [.. context.InhibitedLayers.Select(layer => layer.Name == name ? 1f : 0f)],
            }];
        }
        });
        AssertSame(given, middle);
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => Draw(new GrowthInhibition { Concept = Concept, Layers = LayerSelection.ByIndex(99) }));
        Assert.Contains("mid_block", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The layers of the down block and the middle, whose last own token draws 2 to 4 times the average where the empty text draws none of it.</summary>
    [Fact]
    public async Task LayersThatRespondAreFoundInTheFirstStep()
    {
        GenerationResult plain = await Draw(SafetyPolicy.Empty);
        GenerationResult automatic = await Draw(new GrowthInhibition { Concept = Concept, Layers = InhibitedLayers.Automatic });
        Assert.Equal(["down_blocks.1", "mid_block.attentions"], Interventions(automatic)[0].Layers.Select(name => string.Join('.', name.Split('.')[..2])));
        AssertSame(automatic, await Draw(new GrowthInhibition { Concept = Concept, Layers = LayerSelection.ByName([.. Interventions(automatic)[0].Layers]) }));
        Assert.Equal(plain.Report.Cost.Rows + 1, automatic.Report.Cost.Rows);
        Assert.Equal(3, automatic.Report.Images[0].Steps[0].Rows);
    }

    [Fact]
    public async Task AnAdapterThatSaysNothingCostsNothing()
    {
        GenerationResult plain = await Draw(SafetyPolicy.Empty);
        GenerationResult off = await Draw(Adapted(-1));
        AssertSame(plain, off);
        Assert.Equal(plain.Report.Cost.Rows, off.Report.Cost.Rows);
        Assert.All(Interventions(off), intervention => Assert.Equal((false, "adapter's scale is zero"), (intervention.Acted, intervention.Reason)));
        Assert.True(Interventions(off)[0].Response > 0);
    }

    [Fact]
    public async Task AnAdaptersScaleActsFromTheFirstStepAtOneRow()
    {
        GenerationResult given = await Draw(new GrowthInhibition { Concept = Concept, Scale = 3 });
        GenerationResult adapted = await Draw(Adapted(3));
        AssertSame(given, adapted);
        Assert.Equal(given.Report.Cost.Rows + 1, adapted.Report.Cost.Rows);
        Assert.Equal([3, 2, 2, 2, 2, 2], adapted.Report.Images[0].Steps.Select(step => step.Rows));
        AssertSame(given, await Draw(Adapted(30) with { MaxScale = 3 }));
        Assert.Equal(3, Interventions(adapted)[0].Scale);
    }

    /// <summary>That it acted in every step says nothing of whether it could erase.</summary>
    [Fact]
    public async Task AnAdaptersScalesBelowThePresetsAreAWarning()
    {
        GenerationReport weak = (await Draw(Adapted(2))).Report, usual = (await Draw(Adapted(5))).Report, given = (await Draw(new GrowthInhibition { Concept = Concept, Scale = 2 })).Report;
        Assert.Contains("chose scales of at most 2; erasing was measured at 5", Assert.Single(weak.Warnings, warning => warning.Code == "weak-scale").Message, StringComparison.Ordinal);
        Assert.Contains("at a scale of at most 2", weak.Summary, StringComparison.Ordinal);
        Assert.DoesNotContain(usual.Warnings.Concat(given.Warnings), warning => warning.Code == "weak-scale");
    }

    /// <summary>One scale a token: the adapter adds up what the seven layers respond, and the last token draws far more than the others.</summary>
    [Fact]
    public async Task AnAdapterAnswersTokenByToken()
    {
        ScaleAdapter sum = TestAdapter.Of(Layers, values =>
        {
            values["fc1.weight"].AsSpan(0, Layers).Fill(1);
            values["fc2.weight"][0] = values["fc3.weight"][0] = 1;
        });
        GenerationResult measured = await Draw(new GrowthInhibition { Concept = Concept, Adapter = sum, AllowOtherModel = true, EndStep = 1 });
        float[] tokens = [];
        await Draw(new GivenInhibitors
        {
            Make = context => [new(context.Encode(Concept), [.. new float[context.Encode(Concept).Tokens]])],
            Read = predictions =>
        {
            if (tokens.Length > 0) return;
            tokens = new float[predictions.InhibitorResponse(0, 0).Length];
            for (int layer = 0; layer < Layers; layer++)
            {
                for (int i = 0; i < tokens.Length; i++) tokens[i] += predictions.InhibitorResponse(layer, 0)[i];
            }
        }
        });
        Assert.Equal(tokens[1..4].Max(), Interventions(measured)[0].Scale, 1e-5f);
    }

    [Fact]
    public async Task AnAdapterForOtherLayersIsRefused()
    {
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(
            () => Draw(new GrowthInhibition { Concept = Concept, Adapter = TestAdapter.Constant(16, 1), AllowOtherModel = true }));
        Assert.Contains("16 layers", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAdapterOfAnotherModelIsRefused() =>
        await Assert.ThrowsAsync<InvalidRequestException>(() => Draw(new GrowthInhibition { Concept = Concept, Adapter = TestAdapter.Constant(Layers, 1) }));

    [Fact]
    public async Task NothingActsUntilTheConceptIsDetected()
    {
        SafetyPolicy watching = SafetyPolicy.Empty.AddDetection(DetectingModel.GuidelineFile);
        SafetyPolicy gated = watching.AddGrowthInhibitor(new GrowthInhibition { Concept = Concept, When = InhibitionTime.Detected, Layers = InhibitedLayers.Automatic });
        GenerationRequest harmless = _request with { Prompt = "a green star on a white background" };
        GenerationResult untouched = await _pipeline.GenerateAsync(harmless with { Policy = gated });
        GenerationResult plain = await _pipeline.GenerateAsync(harmless with { Policy = watching });
        AssertSame(plain, untouched);
        Assert.Equal(plain.Report.Cost.Rows, untouched.Report.Cost.Rows);
        Assert.All(Interventions(untouched), intervention => Assert.Equal((false, "nothing detected"), (intervention.Acted, intervention.Reason)));

        GenerationResult acting = await Draw(gated);
        int first = acting.Report.Images[0].Steps.ToList().FindIndex(step => step.Observations[0].Detection!.Value.Maximum >= 0.5f);
        Assert.InRange(first, 0, 4);
        Assert.Equal(Enumerable.Range(0, 6).Select(step => step > first), Interventions(acting).Select(intervention => intervention.Acted));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(InhibitionTime.Always, null)]
    public async Task ItActsOnlyWhereTheConceptHasBeenDetected(InhibitionTime? when, InhibitionPlace? where)
    {
        SafetyPolicy watching = SafetyPolicy.Empty.AddDetection(DetectingModel.GuidelineFile);
        SafetyPolicy gated = watching.AddGrowthInhibitor(new GrowthInhibition { Concept = Concept, Preset = GrowthInhibitorPreset.Gated, When = when, Where = where });
        GenerationRequest harmless = _request with { Prompt = "a green star on a white background" };
        GenerationResult untouched = await _pipeline.GenerateAsync(harmless with { Policy = gated });
        AssertSame(await _pipeline.GenerateAsync(harmless with { Policy = watching }), untouched);
        Assert.All(Interventions(untouched), intervention => Assert.Equal((false, "nothing detected", null), (intervention.Acted, intervention.Reason, intervention.Area)));

        GenerationResult acting = await Draw(gated);
        int first = acting.Report.Images[0].Steps.ToList().FindIndex(step => step.Observations[0].Detection!.Value.Maximum >= 0.5f);
        Assert.InRange(first, 0, 4);
        Assert.Equal(Enumerable.Range(0, 6).Select(step => step > first), Interventions(acting).Select(intervention => intervention.Acted));
        float[] areas = [.. Interventions(acting).Skip(first + 1).Select(intervention => intervention.Area!.Value)];
        Assert.True(areas[0] >= acting.Report.Images[0].Steps[first].Observations[0].Detection!.Value.Area);
        Assert.Equal(areas.Order(), areas);
        Assert.InRange(areas[^1], 0.01f, 0.9f);
        Assert.NotEqual(Steps(acting), Steps(await Draw(watching.AddGrowthInhibitor(
            new GrowthInhibition { Concept = Concept, Preset = GrowthInhibitorPreset.Gated, Where = InhibitionPlace.Everywhere }))));
    }

    /// <summary>Ones are everywhere and zeros nowhere, to the bit; a part is neither.</summary>
    [Fact]
    public async Task AMaskLimitsAnInhibitor()
    {
        GenerationResult plain = await Draw(SafetyPolicy.Empty), whole = await Draw(Masked([]));
        AssertSame(whole, await Draw(Masked([.. Enumerable.Repeat(1f, 256)])));
        AssertSame(plain, await Draw(Masked([.. new float[256]])));
        GenerationResult half = await Draw(Masked([.. Enumerable.Range(0, 256).Select(position => position % 16 < 8 ? 1f : 0f)]));
        Assert.NotEqual(Steps(plain), Steps(half));
        Assert.NotEqual(Steps(whole), Steps(half));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Draw(Masked([1])));

        static GivenInhibitors Masked(ImmutableArray<float> mask) => new()
        {
            Make = context => [new(context.Encode(Concept), [.. Enumerable.Repeat(-1f, context.Encode(Concept).Tokens)]) { Mask = mask }],
        };
    }

    /// <summary>The guidance that opens the gate does so after the step's row was made: what it opens is the next step.</summary>
    [Fact]
    public async Task AGuidanceOpensTheGateForTheNextStep()
    {
        GenerationResult result = await Draw(SafetyPolicy.Empty.AddDetectAndGuide(DetectingModel.Guidance)
            .AddGrowthInhibitor(new GrowthInhibition { Concept = Concept, When = InhibitionTime.Detected }));
        int first = result.Report.Images[0].Steps.ToList().FindIndex(step => step.Terms[0].Detection!.Value.Maximum >= 0.5f);
        Assert.InRange(first, 0, 4);
        Assert.Equal(Enumerable.Range(0, 6).Select(step => step > first), Interventions(result).Select(intervention => intervention.Acted));
    }

    [Theory]
    [InlineData(InhibitionTime.Detected, InhibitionPlace.Everywhere)]
    [InlineData(InhibitionTime.Always, InhibitionPlace.Detected)]
    public void WithoutADetectorBeforeItIsRefused(InhibitionTime when, InhibitionPlace where)
    {
        GrowthInhibition inhibition = new() { Concept = Concept, When = when, Where = where };
        InvalidPolicyException error = Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddGrowthInhibitor(inhibition).AddDetection(DetectingModel.GuidelineFile));
        Assert.Contains("growth-inhibitor", error.Message, StringComparison.Ordinal);
        Assert.Contains("Put detect-and-guide or detection before it", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A gate that opens from the second step on cannot act in the first alone.</summary>
    [Fact]
    public async Task AGateThatOpensTooLateIsRefused() => await Assert.ThrowsAsync<InvalidRequestException>(
        () => Draw(SafetyPolicy.Empty.AddDetection(DetectingModel.GuidelineFile).AddGrowthInhibitor(new GrowthInhibition { Concept = Concept, When = InhibitionTime.Detected, EndStep = 1 })));

    [Fact]
    public async Task OnlyThePromptsRowIsInhibited()
    {
        List<float[]> unconditional = [], prompts = [];
        SafetyPolicy reading = SafetyPolicy.Empty.Add(new GivenInhibitors
        {
            Make = _ => [],
            Read = predictions =>
        {
            unconditional.Add(predictions[Row.Unconditional].ToArray());
            prompts.Add(predictions[Row.Prompt].ToArray());
        }
        });
        await Draw(reading);
        int steps = unconditional.Count;
        await Draw(reading.AddGrowthInhibitor(Concept));
        Assert.Equal(unconditional[0], unconditional[steps]);
        Assert.NotEqual(prompts[0], prompts[steps]);
    }

    [Fact]
    public async Task WhatIsReconsideredSharesABatch()
    {
        SafetyPolicy[] policies =
        [
            SafetyPolicy.Empty,
            SafetyPolicy.Empty.AddGrowthInhibitor(Adapted(4)),
            SafetyPolicy.Empty.AddGrowthInhibitor(Adapted(-4)),
            SafetyPolicy.Empty.AddGrowthInhibitor(new GrowthInhibition { Concept = Concept, Preset = GrowthInhibitorPreset.Contrasting }).AddGrowthInhibitor("a blue circle", 2),
            SafetyPolicy.Empty.AddDetectAndGuide(DetectingModel.Guidance).AddGrowthInhibitor(Adapted(2)),
            SafetyPolicy.Empty.AddDetection(DetectingModel.GuidelineFile).AddGrowthInhibitor(new GrowthInhibition { Concept = Concept, Preset = GrowthInhibitorPreset.Gated }),
        ];
        IReadOnlyList<GenerationResult> together = await _pipeline.GenerateBatchAsync([.. policies.Select(policy => _request with { Policy = policy })]);
        for (int i = 0; i < policies.Length; i++)
        {
            GenerationResult alone = await Draw(policies[i]);
            ReferenceRunTests.AssertClose(alone.Latents!.Steps, together[i].Latents!.Steps, 1e-4f);
            Assert.Equal(alone.Report.Cost.Rows, together[i].Report.Cost.Rows);
        }
    }

    private static GrowthInhibition Adapted(float scale) => new() { Concept = Concept, Adapter = TestAdapter.Constant(Layers, scale), AllowOtherModel = true };

    private Task<GenerationResult> Draw(Protection protection) => Draw(SafetyPolicy.Empty.Add(protection));

    private Task<GenerationResult> Draw(SafetyPolicy policy) => _pipeline.GenerateAsync(_request with { Policy = policy });

    private static InterventionReport[] Interventions(GenerationResult result) => [.. result.Report.Images[0].Steps.Select(step => step.Interventions[^1])];

    private static float[] Steps(GenerationResult result) => result.Latents!.Steps.ToSingles();
}

/// <summary>Inhibitors made by a test, in every step.</summary>
[ProtectionMethod("given-inhibitors")]
internal sealed record GivenInhibitors : AttentionIntervention
{
    [System.Text.Json.Serialization.JsonIgnore]
    public Func<ProtectionContext, ImmutableArray<Inhibitor>> Make { get; init; } = _ => [];

    [System.Text.Json.Serialization.JsonIgnore]
    public Action<StepPredictions>? Read { get; init; }

    public override Requirements Requirements => new() { Features = AttentionFeatures.Inhibit };

    public override string Describe() => "given inhibitors";

    public override void Validate(FieldCheck check)
    {
    }

    public override AttentionInterventionState Begin(ProtectionContext context) => new State(Make(context), Read);

    private sealed class State(ImmutableArray<Inhibitor> inhibitors, Action<StepPredictions>? read) : AttentionInterventionState
    {
        public override RowInputs Edit(in DenoisingStep step, RowInputs prompt) => prompt with { Inhibitors = prompt.Inhibitors.AddRange(inhibitors) };

        public override InterventionOutcome Conclude(in DenoisingStep step, StepPredictions predictions)
        {
            read?.Invoke(predictions);
            return InterventionOutcome.Acted(1);
        }
    }
}
