using BenchmarkDotNet.Attributes;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Bench;

/// <summary>The term of safe latent diffusion, on the latents of 512x512 pixels: [4, 64, 64].</summary>
[MemoryDiagnoser]
public class SldBenchmarks
{
    private static readonly LatentShape _shape = new(4, 64, 64);

    private readonly float[] _term = new float[_shape.Length];
    private readonly StepPredictions _predictions = new(positions: 64 * 64);
    private NoiseGuidanceState? _state;

    [GlobalSetup]
    public void Begin()
    {
        TextStates states = new(null!, [], 0, 0);
        RowList rows = new(states, states, isPromptShared: false, text => text.Length == 0 ? states : new TextStates(null!, [], 0, 0));
        ProtectionContext context = new(rows, new GuidelineList(1), _shape, [.. new int[50]], guidanceScale: 7.5f);
        _state = new SafeLatentGuidance { Concept = "concept", Preset = SafeLatentPreset.Max }.Begin(context);
        FixedPredictions batch = new(Random.Normal(3 * _shape.Length), _shape.Length);
        for (int row = 0; row < 3; row++) _predictions.Set(new Row(row), batch, row);
    }

    [Benchmark]
    public GuidanceOutcome Term() => _state!.ComputeTerm(new DenoisingStep(20, 600, 50), _predictions, _term);

    private sealed class FixedPredictions(float[] values, int length) : IDenoiserBatch
    {
        public int Rows => values.Length / length;

        public void SetInputs(int row, RowInputs inputs) => throw new NotSupportedException();

        public Span<float> Latents(int row) => throw new NotSupportedException();

        public ReadOnlySpan<float> Prediction(int row) => values.AsSpan(row * length, length);

        public void Evaluate(int timestep, CancellationToken cancellationToken) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
