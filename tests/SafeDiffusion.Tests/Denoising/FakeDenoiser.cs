using SafeDiffusion.Model;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Denoising;

/// <summary>A UNet without a network: each row's prediction is a function of its text, its latents and the timestep.</summary>
internal sealed class FakeDenoiser(Action<TextStates, ReadOnlySpan<float>, int, Span<float>> predict) : IDenoiser
{
    public int MaxRows { get; init; } = int.MaxValue;

    /// <summary>The texts of every call, in order.</summary>
    public List<string[]> Calls { get; } = [];

    /// <summary>Whether <see cref="Calls"/> is kept, which allocates.</summary>
    public bool KeepsCalls { get; init; } = true;

    public int BatchesCreated { get; private set; }

    public int InputsSet { get; private set; }

    public Action? BeforeEvaluate { get; init; }

    public IDenoiserBatch CreateBatch(int rows, LatentShape shape, ReadOnlyMemory<float> guidelines = default)
    {
        Assert.True(rows <= MaxRows);
        BatchesCreated++;
        return new Batch(this, rows, shape.Length);
    }

    public void Dispose()
    {
    }

    private void Predict(RowInputs inputs, ReadOnlySpan<float> latents, int timestep, Span<float> prediction) =>
        predict(inputs.Text, latents, timestep, prediction);

    private sealed class Batch(FakeDenoiser denoiser, int rows, int length) : IDenoiserBatch
    {
        private readonly float[] _latents = new float[rows * length];
        private readonly float[] _predictions = new float[rows * length];
        private readonly RowInputs?[] _inputs = new RowInputs?[rows];

        public int Rows => rows;

        public void SetInputs(int row, RowInputs inputs)
        {
            if (ReferenceEquals(_inputs[row], inputs)) return;
            _inputs[row] = inputs;
            denoiser.InputsSet++;
        }

        public Span<float> Latents(int row) => _latents.AsSpan(row * length, length);

        public ReadOnlySpan<float> Prediction(int row) => _predictions.AsSpan(row * length, length);

        public void Evaluate(int timestep, CancellationToken cancellationToken)
        {
            denoiser.BeforeEvaluate?.Invoke();
            cancellationToken.ThrowIfCancellationRequested();
            if (denoiser.KeepsCalls) denoiser.Calls.Add([.. _inputs.Select(inputs => inputs!.Text.Text!.Text)]);
            for (int row = 0; row < rows; row++) denoiser.Predict(_inputs[row]!, Latents(row), timestep, _predictions.AsSpan(row * length, length));
        }

        public void Dispose()
        {
        }
    }
}
