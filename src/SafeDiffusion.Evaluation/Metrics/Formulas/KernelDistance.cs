using MathNet.Numerics.LinearAlgebra;

namespace SafeDiffusion.Evaluation.Metrics.Formulas;

/// <summary>
/// KID (Bińkowski et al. 2018): the unbiased squared maximum mean discrepancy with the kernel <c>(x·y / d + 1)³</c>. Not scaled by 1000;
/// being unbiased it can be below 0.
/// </summary>
public static class KernelDistance
{
    /// <summary>The distance.</summary>
    /// <param name="x">Feature vectors, two or more, all of one length d.</param>
    /// <param name="y">The others', two or more.</param>
    /// <exception cref="ArgumentException">A set has fewer than two vectors, their lengths differ, or a value is not finite.</exception>
    public static double Compute(IReadOnlyList<float[]> x, IReadOnlyList<float[]> y) => Kernels.Of(x, y).Distance(All(x), All(y));

    /// <summary>The distance with the interval of a delete-a-group jackknife; an error where it is not defined.</summary>
    /// <param name="x">Feature vectors.</param>
    /// <param name="y">The others'; where there are as many, vectors at the same place belong together.</param>
    public static Measurement Measure(IReadOnlyList<float[]> x, IReadOnlyList<float[]> y)
    {
        int samples = Math.Min(x.Count, y.Count);
        try
        {
            Kernels kernels = Kernels.Of(x, y);
            return Jackknife.Measure(kernels.Distance(All(x), All(y)), x.Count, y.Count, kernels.Distance);
        }
        catch (ArgumentException error)
        {
            return Measurement.Failed(error.Message, samples);
        }
    }

    private static int[] All(IReadOnlyList<float[]> vectors) => [.. Enumerable.Range(0, vectors.Count)];

    /// <summary>The kernel within each set and between them.</summary>
    private sealed record Kernels(Matrix<double> Xx, Matrix<double> Yy, Matrix<double> Xy)
    {
        public static Kernels Of(IReadOnlyList<float[]> x, IReadOnlyList<float[]> y)
        {
            (Matrix<double> a, Matrix<double> b) = FeatureMatrix.Of(x, y);
            return new(Kernel(a, a), Kernel(b, b), Kernel(a, b));
        }

        public double Distance(int[] x, int[] y) => MeanOffDiagonal(Xx, x) + MeanOffDiagonal(Yy, y) - 2 * Sum(Xy, x, y) / ((double)x.Length * y.Length);

        private static double MeanOffDiagonal(Matrix<double> kernel, int[] rows) =>
            (Sum(kernel, rows, rows) - rows.Sum(row => kernel[row, row])) / ((double)rows.Length * (rows.Length - 1));

        private static double Sum(Matrix<double> kernel, int[] rows, int[] columns)
        {
            double sum = 0;
            foreach (int row in rows)
            {
                foreach (int column in columns) sum += kernel[row, column];
            }
            return sum;
        }

        private static Matrix<double> Kernel(Matrix<double> a, Matrix<double> b) => a.TransposeAndMultiply(b).Map(product =>
        {
            double value = product / a.ColumnCount + 1;
            return value * value * value;
        });
    }
}
