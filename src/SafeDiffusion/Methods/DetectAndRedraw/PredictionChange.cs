using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.DetectAndRedraw;

/// <summary>How much of what texts change in the noise prediction lies where a concept was seen.</summary>
internal sealed class PredictionChange
{
    /// <summary>The share of the grid that counts as where it was seen: the 16 highest of 256 cells.</summary>
    private const float Share = 1f / 16;

    private readonly float[] _plain;
    private readonly bool[] _isInside;
    private readonly TextTrial _trial;

    /// <param name="plain">The noise prediction under the prompt, <c>[C, H, W]</c>.</param>
    /// <param name="scores">The raw scores of the concept's guideline, <c>[H, W]</c>.</param>
    /// <param name="trial">Predicts under other texts.</param>
    public PredictionChange(float[] plain, ReadOnlySpan<float> scores, TextTrial trial)
    {
        (_plain, _trial) = (plain, trial);
        _isInside = new bool[scores.Length];
        int[] cells = [.. Enumerable.Range(0, scores.Length)];
        float[] falling = [.. scores];
        for (int i = 0; i < falling.Length; i++) falling[i] = -falling[i];
        Array.Sort(falling, cells);
        foreach (int cell in cells.AsSpan(0, Math.Max(1, (int)Math.Round(Share * cells.Length)))) _isInside[cell] = true;
    }

    /// <summary><c>inside² / all</c> for each text; 0 where it changes nothing.</summary>
    public float[] Measure(IReadOnlyList<string> texts) => [.. _trial(texts).Select(Measure)];

    private float Measure(float[] prediction)
    {
        double inside = 0, all = 0;
        for (int i = 0; i < prediction.Length; i++)
        {
            double difference = prediction[i] - _plain[i];
            all += difference * difference;
            if (_isInside[i % _isInside.Length]) inside += difference * difference;
        }
        return all == 0 ? 0 : (float)(inside * inside / all);
    }
}
