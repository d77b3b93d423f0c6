using System.Numerics.Tensors;

namespace SafeDiffusion.Training.Learning;

/// <summary>Detection averages the tokens' scores, and scores are linear: several tokens detect what their mean detects.</summary>
internal static class MeanToken
{
    /// <summary>The mean of tokens <c>[K, D]</c>, <c>[D]</c>.</summary>
    public static double[] Of(ReadOnlySpan<double> tokens, int width)
    {
        double[] mean = new double[width];
        for (int start = 0; start < tokens.Length; start += width) TensorPrimitives.Add(mean, tokens.Slice(start, width), mean);
        TensorPrimitives.Divide(mean, tokens.Length / width, mean);
        return mean;
    }
}
