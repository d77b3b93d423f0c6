using SafeDiffusion.Model;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>Noise predictions without a network: <c>u</c>, <c>p</c> and one per further condition, in a batch.</summary>
internal sealed class FakePredictions(int length, int rows, int positions = 1) : IDenoiserBatch
{
    private readonly float[] _values = new float[rows * length];

    /// <summary>The first condition after <c>u</c> and <c>p</c>.</summary>
    public static Condition Concept { get; } = new(2);

    public StepPredictions Predictions { get; } = new(positions);

    public int Rows => rows;

    /// <summary>The prompt's raw detection scores, <c>[K, H, W]</c>.</summary>
    public float[]? Scores { get; set; }

    public IAttentionBatch? Attention => Scores is null ? null : new FakeAttention(Scores);

    /// <summary>A context whose conditions are numbered in the order in which they are added.</summary>
    public static GuidanceContext Context(LatentShape shape, int steps, float scale, int trainingTimesteps = 1000)
    {
        int index = Concept.Index;
        return new(_ => new Condition(index++), new GuidelineList(1), shape, steps, scale, trainingTimesteps);
    }

    /// <summary>Sets the prediction of every row.</summary>
    public void Set(params ReadOnlySpan<float[]> predictions)
    {
        Predictions.Clear();
        for (int row = 0; row < predictions.Length; row++) Set(row, predictions[row]);
    }

    /// <summary>Sets the prediction of one row; only rows that were set can be read.</summary>
    public void Set(int row, ReadOnlySpan<float> prediction)
    {
        prediction.CopyTo(_values.AsSpan(row * length, length));
        Predictions.Set(new Condition(row), this, row);
    }

    public ReadOnlySpan<float> Prediction(int row) => _values.AsSpan(row * length, length);

    public void SetCondition(int row, TextStates condition) => throw new NotSupportedException();

    public Span<float> Latents(int row) => throw new NotSupportedException();

    public void Evaluate(int timestep, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private sealed class FakeAttention(float[] scores) : IAttentionBatch
    {
        public ReadOnlySpan<float> DetectionScores(int row) => row == Condition.Prompt.Index ? scores : throw new NotSupportedException();

        public Span<float> TokenScale(int row) => throw new NotSupportedException();

        public Span<float> InhibitorHiddenStates(int row) => throw new NotSupportedException();

        public Span<float> InhibitorScale(int row) => throw new NotSupportedException();

        public ReadOnlySpan<float> InhibitorResponse(int layer, int row) => throw new NotSupportedException();
    }
}
