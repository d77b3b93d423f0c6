using System.Numerics.Tensors;

namespace SafeDiffusion.Verification;

/// <summary>How well an exported UNet agrees with a reference.</summary>
/// <param name="Comparisons">Every tensor that was compared.</param>
/// <param name="Tolerance">The greatest relative difference allowed.</param>
public sealed record VerificationReport(IReadOnlyList<TensorComparison> Comparisons, double Tolerance)
{
    /// <summary>Whether every tensor agrees.</summary>
    public bool Agrees => Comparisons.All(AgreesOn);

    /// <summary>Whether one tensor agrees.</summary>
    public bool AgreesOn(TensorComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        return comparison.RelativeDifference <= Tolerance;
    }
}

/// <summary>One tensor beside its reference.</summary>
/// <param name="Run">What was run.</param>
/// <param name="Tensor">The tensor's name in the reference file.</param>
/// <param name="AbsoluteDifference">The greatest difference of two values.</param>
/// <param name="RelativeDifference">The same, over the reference's largest magnitude.</param>
public sealed record TensorComparison(string Run, string Tensor, double AbsoluteDifference, double RelativeDifference)
{
    internal static TensorComparison Of(string run, string tensor, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs((double)expected[i] - actual[i]);
            if (!(difference <= worst)) worst = double.IsNaN(difference) ? double.PositiveInfinity : difference;
        }
        double largest = expected.IsEmpty ? 0 : Math.Abs(TensorPrimitives.MaxMagnitude(expected));
        return new(run, tensor, worst, worst == 0 ? 0 : worst / largest);
    }
}
