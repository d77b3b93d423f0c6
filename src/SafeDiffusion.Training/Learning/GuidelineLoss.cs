namespace SafeDiffusion.Training.Learning;

/// <summary>
/// The pixel cross-entropy of a guideline's maps against a mask, mean over tokens and pixels (Li et al., CVPR 2025), with its gradient.
/// Maps are clamped to [1e-6, 1 - 1e-6] before the logs; there is no gradient where they are.
/// </summary>
/// <param name="map">How scores become maps.</param>
internal sealed class GuidelineLoss(ScoreMap map)
{
    private const double Clamp = 1e-6;

    /// <summary>Computes the loss and adds its gradient.</summary>
    /// <param name="tokens">The tokens, <c>[K, D]</c>.</param>
    /// <param name="background">A token <c>[D]</c> whose score is subtracted from the others'; empty for none.</param>
    /// <param name="features">The features, <c>[D, P]</c>.</param>
    /// <param name="mask">The mask, <c>[P]</c>, 0 to 1.</param>
    /// <param name="gradient">Takes the tokens' gradient in addition to what it holds, <c>[K, D]</c>.</param>
    public double AddGradient(
        ReadOnlySpan<double> tokens, ReadOnlySpan<double> background, ReadOnlySpan<double> features, ReadOnlySpan<double> mask, Span<double> gradient)
    {
        int positions = mask.Length;
        double[] scores = Scores(tokens, background, features, positions);
        double[] slopes = new double[scores.Length];
        double[] values = new double[positions];
        double loss = 0;
        for (int start = 0; start < scores.Length; start += positions)
        {
            ReadOnlySpan<double> row = scores.AsSpan(start, positions);
            Span<double> slope = slopes.AsSpan(start, positions);
            map.Map(row, values);
            for (int i = 0; i < positions; i++) loss += Entropy(values[i], mask[i], scores.Length, out slope[i]);
            map.PullBackInPlace(row, values, slope);
        }
        TokenScores.AddGradient(slopes, features, gradient);
        return loss / scores.Length;
    }

    private static double[] Scores(ReadOnlySpan<double> tokens, ReadOnlySpan<double> background, ReadOnlySpan<double> features, int positions)
    {
        double[] scores = new double[tokens.Length * positions / (features.Length / positions)];
        TokenScores.Compute(tokens, features, scores);
        if (background.IsEmpty) return scores;
        double[] subtracted = new double[positions];
        TokenScores.Compute(background, features, subtracted);
        for (int i = 0; i < scores.Length; i++) scores[i] -= subtracted[i % positions];
        return scores;
    }

    private static double Entropy(double value, double target, int count, out double slope)
    {
        double clamped = Math.Clamp(value, Clamp, 1 - Clamp);
        slope = clamped == value ? (value - target) / (value * (1 - value)) / count : 0;
        return -((target * Math.Log(clamped)) + ((1 - target) * Math.Log(1 - clamped)));
    }
}
