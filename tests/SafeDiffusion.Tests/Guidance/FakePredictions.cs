using SafeDiffusion.Model;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>Noise predictions without a network: <c>u</c>, <c>p</c> and one per further condition, in a batch.</summary>
internal sealed class FakePredictions(int length, int rows, int positions = 1) : IDenoiserBatch
{
    private readonly float[] _values = new float[rows * length];

    /// <summary>The first row after <c>u</c> and <c>p</c>.</summary>
    public static Row Concept { get; } = new(2);

    public StepPredictions Predictions { get; } = new(new LatentShape(1, 1, positions));

    public int Rows => rows;

    /// <summary>The prompt's raw detection scores, <c>[K, H, W]</c>.</summary>
    public float[]? Scores { get; set; }

    /// <summary>A context whose rows are numbered in the order in which they are added.</summary>
    public static ProtectionContext Context(LatentShape shape, int steps, float scale, int trainingTimesteps = 1000, params int[] timesteps) =>
        Context("prompt", false, shape, steps, scale, trainingTimesteps, timesteps);

    /// <summary>A context of a prompt that attention interventions may edit.</summary>
    public static ProtectionContext Context(string prompt, bool isEdited, LatentShape shape, int steps, float scale, int trainingTimesteps = 1000, params int[] timesteps)
    {
        Dictionary<string, TextStates> texts = [];
        RowList rows = new(Encode(""), Encode(prompt), !isEdited, Encode);
        return new(rows, new GuidelineList(1), shape, [.. timesteps.Length > 0 ? timesteps : Enumerable.Repeat(0, steps)], scale, trainingTimesteps);

        TextStates Encode(string text) => texts.TryGetValue(text, out TextStates? known) ? known : texts[text] = TestTexts.States(text);
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
        Predictions.Set(new Row(row), this, row);
    }

    public ReadOnlySpan<float> Prediction(int row) => _values.AsSpan(row * length, length);

    public ReadOnlySpan<float> DetectionScores(int row) =>
        row == Row.Prompt.Index && Scores is not null ? Scores : throw new InvalidOperationException("Nothing is detected here.");

    public void SetInputs(int row, RowInputs inputs) => throw new NotSupportedException();

    public Span<float> Latents(int row) => throw new NotSupportedException();

    public void Evaluate(int timestep, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
