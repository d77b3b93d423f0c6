using BenchmarkDotNet.Attributes;
using SafeDiffusion.Generation;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Bench;

/// <summary>
/// What the denoising loop costs besides the UNet: a UNet that costs nothing, three rows a step (CFG and SLD), 100 steps. The
/// latents of 512x512 pixels are [4, 64, 64].
/// </summary>
[MemoryDiagnoser]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "BenchmarkDotNet calls the clean-up.")]
public class LoopBenchmarks
{
    private const int Steps = 100;

    // Clipping keeps the latents finite, however many runs follow one another.
    private readonly DdimPlan _plan = new DdimScheduler(new SchedulerSettings { ClipSample = true }).CreatePlan(Steps);
    private RowEvaluator? _evaluator;
    private PictureDenoising? _picture;

    /// <summary>A side of the latents.</summary>
    [Params(16, 64)]
    public int Side { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        LatentShape shape = new(4, Side, Side);
        TextStates states = new(null!, [], 0, 0);
        RowList rows = new(states, states, isPromptShared: false, text => text.Length == 0 ? states : new TextStates(null!, [], 0, 0));
        ProtectionContext context = new(rows, new GuidelineList(1), shape, _plan.Timesteps, 7.5f);
        _evaluator = new RowEvaluator(new FreeDenoiser(), shape, maxRows: 8);
        PictureProtections protections = new(new SafeLatentGuidance { Concept = "concept" }.Begin(context));
        _picture = new PictureDenoising(rows, protections, Random.Normal(shape.Length), shape, 7.5f, noise: null, Steps);
    }

    [Benchmark(OperationsPerInvoke = Steps)]
    public void Step() => new DenoisingLoop(_evaluator!, _plan, eta: 0).Run([_picture!], 0, 0, afterStep: null, CancellationToken.None);

    [GlobalCleanup]
    public void End() => _evaluator?.Dispose();

    /// <summary>Predicts zeros at no cost.</summary>
    private sealed class FreeDenoiser : IDenoiser
    {
        public int MaxRows => int.MaxValue;

        public IDenoiserBatch CreateBatch(int rows, LatentShape shape, ReadOnlyMemory<float> guidelines = default) => new Batch(rows, shape.Length);

        public void Dispose()
        {
        }

        private sealed class Batch(int rows, int length) : IDenoiserBatch
        {
            private readonly float[] _latents = new float[rows * length];
            private readonly float[] _predictions = new float[rows * length];

            public int Rows => rows;

            public void SetInputs(int row, RowInputs inputs)
            {
            }

            public Span<float> Latents(int row) => _latents.AsSpan(row * length, length);

            public ReadOnlySpan<float> Prediction(int row) => _predictions.AsSpan(row * length, length);

            public void Evaluate(int timestep, CancellationToken cancellationToken)
            {
            }

            public void Dispose()
            {
            }
        }
    }
}
