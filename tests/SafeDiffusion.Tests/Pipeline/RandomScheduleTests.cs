using System.Globalization;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Guidance;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Pipeline;

/// <summary>
/// Model layer: requests under many policies on one pipeline, begun, cancelled and cut short by disposal as a seed says. The variable
/// SAFEDIFFUSION_SCHEDULES says how many schedules are run.
/// </summary>
public sealed class RandomScheduleTests
{
    private const int Tasks = 24;
    private const string Concept = "a red triangle";

    private static readonly int _schedules = int.Parse(Environment.GetEnvironmentVariable("SAFEDIFFUSION_SCHEDULES") ?? "2", CultureInfo.InvariantCulture);

    private static readonly GenerationRequest _request = new("a blue circle and a red triangle") { Steps = 5, GuidanceScale = 5, KeepLatents = true };

    private static readonly GenerationRequest[] _requests =
    [
        _request with { Seed = 1 },
        _request with { Seed = 2, NegativePrompt = Concept },
        _request with { Seed = 3, Policy = DetectingModel.Policy },
        _request with { Seed = 4, Policy = SafetyPolicy.Empty.AddGrowthInhibitor(Concept, 3), Count = 2 },
        _request with { Seed = 5, Policy = SafetyPolicy.Empty.AddTextErasure(new LinearTextErasure { Projection = TestProjection.Of(64, 0.5f), AllowOtherModel = true }) },
        _request with { Seed = 6, Policy = SafetyPolicy.Empty.AddSafeLatent(Concept, SafeLatentPreset.Max), Width = 48, Height = 32 },
        _request with { Seed = 7, Policy = DetectingModel.Policy.AddGrowthInhibitor(Concept), Eta = 1 },
    ];

    private int _finished;
    private int _cancelled;
    private int _late;

    [Fact]
    public async Task EveryPictureIsWhatItIsAloneAndWhatIsCancelledOrLateSaysSo()
    {
        PipelineOptions options = new PipelineOptions { AttentionFeatures = AttentionFeatures.Inhibit }.For(DetectingModel.Policy);
        float[][] alone = new float[_requests.Length][];
        await using (SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, options))
        {
            for (int i = 0; i < alone.Length; i++) alone[i] = Latents(await pipeline.GenerateAsync(_requests[i]));
        }
        for (int seed = 0; seed < _schedules; seed++)
        {
            SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, options);
            await RunAsync(pipeline, new Random(seed), alone);
        }
        Assert.Equal(_schedules * Tasks, _finished + _cancelled + _late);
        Assert.True(_finished > 0 && _cancelled > 0 && _late > 0, $"{_finished} finished, {_cancelled} were cancelled, {_late} came too late.");
    }

    /// <summary>Some run at a time; at one of the last the pipeline is disposed, while those before may still run.</summary>
    private async Task RunAsync(SafeDiffusionPipeline pipeline, Random random, float[][] alone)
    {
        int end = random.Next(Tasks / 2, Tasks - 1);
        List<Task> running = [];
        Task? disposing = null;
        for (int i = 0; i < Tasks; i++)
        {
            if (i == end) disposing = pipeline.DisposeAsync().AsTask();
            int which = random.Next(_requests.Length);
            // Never, at a step, or at any moment, by another task.
            int cancelAt = random.Next(3) == 0 ? random.Next(1, _request.Steps) : 0;
            int turns = cancelAt == 0 && random.Next(3) == 0 ? random.Next(1000) : -1;
            running.Add(i < end ? DrawAsync(pipeline, _requests[which], alone[which], cancelAt, turns) : RefuseAsync(pipeline, _requests[which]));
            if (random.Next(3) == 0) await Task.WhenAny(running);
        }
        await disposing!;
        // It has waited for all that had begun.
        await Task.WhenAll(running);
        await RefuseAsync(pipeline, _request);
        Interlocked.Decrement(ref _late);
    }

    private async Task DrawAsync(SafeDiffusionPipeline pipeline, GenerationRequest request, float[] alone, int cancelAt, int turns)
    {
        using CancellationTokenSource source = new();
        int steps = 0;
        Task<GenerationResult> drawing = pipeline.GenerateAsync(request, new Progress(() =>
        {
            if (++steps == cancelAt) source.Cancel();
        }), source.Token);
        for (int turn = 0; turn < turns; turn++) await Task.Yield();
        if (turns >= 0) await source.CancelAsync();
        try
        {
            Assert.Equal(alone, Latents(await drawing));
            Assert.Equal(0, cancelAt);
            Interlocked.Increment(ref _finished);
        }
        catch (OperationCanceledException)
        {
            Assert.True(source.IsCancellationRequested);
            Assert.True(cancelAt == 0 || steps == cancelAt, $"Cancelled at step {cancelAt}, it went on to {steps}.");
            Interlocked.Increment(ref _cancelled);
        }
    }

    private async Task RefuseAsync(SafeDiffusionPipeline pipeline, GenerationRequest request)
    {
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pipeline.GenerateAsync(request));
        Interlocked.Increment(ref _late);
    }

    private static float[] Latents(GenerationResult result) => result.Latents!.Final.ToSingles();

    /// <summary>Told on the loop's own thread.</summary>
    private sealed class Progress(Action report) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => report();
    }
}
