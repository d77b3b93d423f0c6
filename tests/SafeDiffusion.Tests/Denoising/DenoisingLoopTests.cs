using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Generation;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Methods.Semantic;
using SafeDiffusion.Methods.SurgicalErasing;
using SafeDiffusion.Methods.Trajectory;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Denoising;

/// <summary>Formula layer: the loop's rules, on a denoiser without a network.</summary>
public sealed class DenoisingLoopTests
{
    private static readonly LatentShape _shape = new(4, 3, 5);

    [Fact]
    public void PredictionIsUnconditionalPlusScaledDifferencePlusTermsInOrder()
    {
        FakeDenoiser denoiser = new(Constant(("", 1), ("prompt", 3), ("first", 10), ("second", 100)));
        List<string> order = [];
        float[] guided = [];
        Run(denoiser, 1, 1, 2, [Term("first", order), Term("second", order)], afterStep: pictures => guided = [.. pictures[0].Guided]);
        Assert.All(guided, value => Assert.Equal(1 + 2 * (3 - 1) + 10 + 100, value));
        Assert.Equal(["first", "second"], order);
    }

    [Fact]
    public void GuidanceOfOneEvaluatesThePromptAlone()
    {
        FakeDenoiser denoiser = new(Constant(("prompt", 3)));
        float[] guided = [];
        Run(denoiser, 1, 2, 1, [], afterStep: pictures => guided = [.. pictures[0].Guided]);
        Assert.All(denoiser.Calls, call => Assert.Equal(["prompt"], call));
        Assert.All(guided, value => Assert.Equal(3, value));
    }

    [Fact]
    public void RowsThatNoStepNeedsAreNotEvaluated()
    {
        FakeDenoiser denoiser = new(Tanh);
        Run(denoiser, 1, 20, 5, [context => new SafeLatentGuidance { Concept = "a shape", Preset = SafeLatentPreset.Weak }.Begin(context)]);
        Assert.All(denoiser.Calls.Take(15), call => Assert.Equal(["", "prompt"], call));
        Assert.All(denoiser.Calls.Skip(15), call => Assert.Equal(["", "prompt", "a shape"], call));
        Assert.Equal(20, denoiser.Calls.Count);
    }

    [Theory]
    [InlineData(SafeLatentPreset.Medium, 20, true)]
    [InlineData(SafeLatentPreset.Medium, 10, false)]
    public void MomentumIsGatheredDuringWarmupOnlyWhereALaterStepUsesIt(SafeLatentPreset preset, int steps, bool gathered)
    {
        FakeDenoiser denoiser = new(Tanh);
        Run(denoiser, 1, steps, 5, [context => new SafeLatentGuidance { Concept = "a shape", Preset = preset }.Begin(context)]);
        Assert.All(denoiser.Calls, call => Assert.Equal(gathered, call.Contains("a shape")));
    }

    [Fact]
    public void WhatIsAskedForAfterReadingIsEvaluatedInASecondCall()
    {
        FakeDenoiser denoiser = new(Constant(("", 1), ("prompt", 3), ("late", 7)));
        float[] guided = [];
        Run(denoiser, 2, 1, 2, [context => new LateState(context.AddRow("late"))], afterStep: pictures => guided = [.. pictures[1].Guided]);
        Assert.Equal([["", "prompt", "", "prompt"], ["late", "late"]], denoiser.Calls);
        Assert.All(guided, value => Assert.Equal(1 + 2 * 2 + 7, value));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(100)]
    public void ChunkingDoesNotChangeThePictures(int maxRows)
    {
        float[][] whole = Strong(new FakeDenoiser(Tanh), 1000);
        FakeDenoiser denoiser = new(Tanh);
        float[][] chunked = Strong(denoiser, maxRows);
        Assert.Equal(whole, chunked);
        Assert.All(denoiser.Calls, call => Assert.True(call.Length <= maxRows));

        static float[][] Strong(FakeDenoiser denoiser, int maxRows) =>
            Run(denoiser, 3, 9, 5, [context => new SafeLatentGuidance { Concept = "a shape", Preset = SafeLatentPreset.Strong }.Begin(context)], maxRows);
    }

    [Fact]
    public void AGraphWithFixedRowsIsNeverAskedForMore() => Run(new FakeDenoiser(Tanh) { MaxRows = 2 }, 3, 2, 5, []);

    [Fact]
    public void BuffersAreMadeOnceAndTextsCopiedOnce()
    {
        FakeDenoiser denoiser = new(Tanh);
        Run(denoiser, 3, 12, 5, [], maxRows: 4);
        Assert.Equal(2, denoiser.BatchesCreated);
        Assert.Equal(6, denoiser.InputsSet);
    }

    [Fact]
    public void AStepAllocatesNothing()
    {
        const int Steps = 30;
        long[] allocated = new long[Steps];
        int step = 0;
        // Every method, each asking for the same rows in every step, so that the sizes of batches stay.
        SafeLatentGuidance safeLatent = new() { Concept = "concept", Preset = SafeLatentPreset.Max };
        SemanticGuidance semantic = new() { Concepts = [new() { Text = "first", WarmupSteps = 0 }, new() { Text = "second", WarmupSteps = 15 }] };
        SurgicalErasingGuidance erasing = new() { Instructions = [new() { Text = "third", WarmupSteps = 0, LowestTimestep = 0 }] };
        TrajectorySteering steering = new() { Concept = "concept", SafeText = "first", Until = 1 };
        Run(
            new FakeDenoiser(Tanh) { KeepsCalls = false }, count: 3, Steps, scale: 5, [safeLatent.Begin, semantic.Begin, erasing.Begin, steering.Begin], maxRows: 4,
            afterStep: _ => allocated[step++] = GC.GetAllocatedBytesForCurrentThread());
        // Batches are made in the first step; what is compiled on first use may allocate in the second.
        Assert.All(Enumerable.Range(3, Steps - 3), i => Assert.Equal(0, allocated[i] - allocated[i - 1]));
    }

    [Fact]
    public void CancellationEndsTheRunBeforeTheNextCall()
    {
        using CancellationTokenSource source = new();
        int calls = 0;
        FakeDenoiser denoiser = new(Tanh)
        {
            BeforeEvaluate = () =>
            {
                if (++calls == 3) source.Cancel();
            },
        };
        Assert.Throws<OperationCanceledException>(() => Run(denoiser, 1, 50, 5, [], cancellationToken: source.Token));
        Assert.Equal(2, denoiser.Calls.Count);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void AValueThatIsNotFiniteStopsTheRunWithStepAndNetwork(float value)
    {
        int calls = 0;
        FakeDenoiser denoiser = new((_, _, _, prediction) => prediction[7] = calls++ < 4 ? 0 : value);
        InferenceException error = Assert.Throws<InferenceException>(() => Run(denoiser, 1, 5, 5, []));
        Assert.Equal(("unet", 2), (error.Network, error.Step));
    }

    [Fact]
    public void ReadingAPredictionThatWasNotAskedForIsAnError() =>
        Assert.Throws<InvalidOperationException>(() => Run(new FakeDenoiser(Tanh), 1, 1, 5, [context => new GreedyState(context.AddRow("unasked"))]));

    [Fact]
    public void TheTraceTellsRowsNormsAndReasons()
    {
        FakeDenoiser denoiser = new(Constant(("", 1), ("prompt", 3), ("first", 2)));
        ProtectionTrace? trace = null;
        Run(denoiser, 1, 3, 2, [context => new WindowState(context.AddRow("first"), new StepWindow(1, 2))], afterStep: pictures => trace = pictures[0].Trace);
        Assert.Equal([2, 3, 2], [trace!.Rows(0), trace.Rows(1), trace.Rows(2)]);
        Assert.Equal(("outside window", 0f), (trace.Term(0, 0).Outcome.Reason, trace.Term(0, 0).Norm));
        Assert.Equal(2 * MathF.Sqrt(_shape.Length), trace.Term(1, 0).Norm, 1e-5f);
        Assert.True(trace.Term(1, 0).Outcome.IsGuided);
        Assert.False(trace.Term(2, 0).Outcome.IsGuided);
    }

    internal static float[][] Run(
        FakeDenoiser denoiser, int count, int steps, float scale, Func<ProtectionContext, NoiseGuidanceState>[] guidances, int maxRows = 8,
        Action<PictureDenoising[]>? afterStep = null, CancellationToken cancellationToken = default)
    {
        DdimPlan plan = new DdimScheduler(new SchedulerSettings()).CreatePlan(steps);
        Dictionary<string, TextStates> texts = [];
        PictureDenoising[] pictures = [.. Enumerable.Range(0, count).Select(index =>
        {
            RowList rows = new(Encode(""), Encode("prompt"), isPromptShared: true, Encode);
            ProtectionContext context = new(rows, new GuidelineList(1), _shape, plan.Timesteps, scale);
            return new PictureDenoising(rows, new PictureProtections(guidances.Select(begin => begin(context))), Noise(index), _shape, scale, null, steps);
        })];
        using RowEvaluator evaluator = new(denoiser, _shape, maxRows);
        new DenoisingLoop(evaluator, plan, 0).Run(pictures, 0, 0, (_, _) => afterStep?.Invoke(pictures), cancellationToken);
        return [.. pictures.Select(picture => picture.Latents.ToArray())];

        TextStates Encode(string text) => texts.TryGetValue(text, out TextStates? known) ? known : texts[text] = TestTexts.States(text);
    }

    private static float[] Noise(int seed)
    {
        float[] values = new float[_shape.Length];
        new TorchNoise(seed).Fill(values);
        return values;
    }

    private static Action<TextStates, ReadOnlySpan<float>, int, Span<float>> Constant(params (string Text, float Value)[] values) =>
        (states, _, _, prediction) => prediction.Fill(values.Single(value => value.Text == states.Text!.Text).Value);

    private static void Tanh(TextStates states, ReadOnlySpan<float> latents, int timestep, Span<float> prediction)
    {
        for (int i = 0; i < latents.Length; i++) prediction[i] = MathF.Tanh(0.3f * latents[i] + 0.001f * timestep + 0.1f * states.Text!.Text.Length);
    }

    private static Func<ProtectionContext, NoiseGuidanceState> Term(string text, List<string> order) =>
        context => new WindowState(context.AddRow(text), StepWindow.Always, () => order.Add(text));

    /// <summary>Adds a condition's prediction as it is, inside a window.</summary>
    private sealed class WindowState(Row row, StepWindow window, Action? onTerm = null) : NoiseGuidanceState
    {
        public override RowSet SurelyNeeds(in DenoisingStep step) => window.Contains(step.Index) ? row : RowSet.None;

        public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
        {
            if (!window.Contains(step.Index)) return GuidanceOutcome.NotGuided("outside window");
            onTerm?.Invoke();
            predictions[row].CopyTo(term);
            return GuidanceOutcome.Guided;
        }
    }

    /// <summary>Asks for its condition only once it has read the prompt's prediction.</summary>
    private sealed class LateState(Row row) : NoiseGuidanceState
    {
        public override RowSet SurelyNeeds(in DenoisingStep step) => RowSet.None;

        public override RowSet AlsoNeeds(in DenoisingStep step, StepPredictions predictions) =>
            predictions[Row.Prompt][0] > 2 ? row : RowSet.None;

        public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
        {
            predictions[row].CopyTo(term);
            return GuidanceOutcome.Guided;
        }
    }

    private sealed class GreedyState(Row row) : NoiseGuidanceState
    {
        public override RowSet SurelyNeeds(in DenoisingStep step) => RowSet.None;

        public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
        {
            predictions[row].CopyTo(term);
            return GuidanceOutcome.Guided;
        }
    }
}
