using System.Numerics.Tensors;

namespace SafeDiffusion.Training.Learning;

/// <summary>Scores of tokens in features, <c>s = c · F</c>, and the way back.</summary>
internal static class TokenScores
{
    /// <summary>Computes the scores.</summary>
    /// <param name="tokens">The tokens, <c>[K, D]</c>.</param>
    /// <param name="features">The features, <c>[D, P]</c>.</param>
    /// <param name="scores">Takes <c>[K, P]</c>.</param>
    public static void Compute(ReadOnlySpan<double> tokens, ReadOnlySpan<double> features, Span<double> scores)
    {
        (int width, int positions) = Sizes(tokens, features, scores);
        scores.Clear();
        for (int k = 0; k < tokens.Length / width; k++)
        {
            Span<double> row = scores.Slice(k * positions, positions);
            for (int d = 0; d < width; d++) TensorPrimitives.MultiplyAdd(features.Slice(d * positions, positions), tokens[(k * width) + d], row, row);
        }
    }

    /// <summary>Adds the tokens' gradient to <paramref name="gradient"/>.</summary>
    /// <param name="scoreGradient">The scores' gradient, <c>[K, P]</c>.</param>
    /// <param name="features">The features, <c>[D, P]</c>.</param>
    /// <param name="gradient">Takes the sum, <c>[K, D]</c>.</param>
    public static void AddGradient(ReadOnlySpan<double> scoreGradient, ReadOnlySpan<double> features, Span<double> gradient)
    {
        (int width, int positions) = Sizes(gradient, features, scoreGradient);
        for (int k = 0; k < gradient.Length / width; k++)
        {
            ReadOnlySpan<double> row = scoreGradient.Slice(k * positions, positions);
            for (int d = 0; d < width; d++) gradient[(k * width) + d] += TensorPrimitives.Dot(row, features.Slice(d * positions, positions));
        }
    }

    /// <summary>D and P: of <c>[K, D]</c>, <c>[D, P]</c> and <c>[K, P]</c>, each two give the third, <c>D² = KD · DP / KP</c>.</summary>
    private static (int Width, int Positions) Sizes(ReadOnlySpan<double> tokens, ReadOnlySpan<double> features, ReadOnlySpan<double> scores)
    {
        int width = (int)Math.Round(Math.Sqrt((double)tokens.Length * features.Length / scores.Length));
        int positions = features.Length / width;
        if (width * positions != features.Length || tokens.Length % width != 0 || tokens.Length / width * positions != scores.Length)
        {
            throw new ArgumentException($"Tokens of {tokens.Length}, features of {features.Length} and scores of {scores.Length} values do not fit each other.");
        }
        return (width, positions);
    }
}
