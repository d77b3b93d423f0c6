using MathNet.Numerics.LinearAlgebra;

namespace SafeDiffusion.Evaluation.Metrics.Formulas;

/// <summary>
/// The Fréchet distance between Gaussians fitted to two sets of features (Heusel et al. 2017, without the root):
/// <c>|μ1 - μ2|² + Tr(Σ1 + Σ2 - 2 (Σ1 Σ2)^½)</c>, covariances with n - 1. The root's trace comes from symmetric eigenvalues or singular
/// values, so singular covariances are no trouble.
/// </summary>
public static class FrechetDistance
{
    /// <summary>The distance, 0 or more.</summary>
    /// <param name="x">Feature vectors, two or more, all of one length.</param>
    /// <param name="y">The others', two or more.</param>
    /// <exception cref="ArgumentException">A set has fewer than two vectors, their lengths differ, or a value is not finite.</exception>
    public static double Compute(IReadOnlyList<float[]> x, IReadOnlyList<float[]> y)
    {
        (Matrix<double> a, Matrix<double> b) = FeatureMatrix.Of(x, y);
        return Compute(a, b);
    }

    /// <summary>The distance with the interval of a delete-a-group jackknife; an error where it is not defined.</summary>
    /// <param name="x">Feature vectors.</param>
    /// <param name="y">The others'; where there are as many, vectors at the same place belong together.</param>
    public static Measurement Measure(IReadOnlyList<float[]> x, IReadOnlyList<float[]> y)
    {
        int samples = Math.Min(x.Count, y.Count);
        try
        {
            (Matrix<double> a, Matrix<double> b) = FeatureMatrix.Of(x, y);
            return Jackknife.Measure(Compute(a, b), a.RowCount, b.RowCount, (keepA, keepB) => Compute(Take(a, keepA), Take(b, keepB)), least: 0);
        }
        catch (ArgumentException error)
        {
            return Measurement.Failed(error.Message, samples);
        }
    }

    private static double Compute(Matrix<double> a, Matrix<double> b)
    {
        Vector<double> meanA = a.ColumnSums() / a.RowCount, meanB = b.ColumnSums() / b.RowCount;
        Matrix<double> spreadA = Spread(a, meanA), spreadB = Spread(b, meanB);
        double traces = SquaredNorm(spreadA) + SquaredNorm(spreadB);
        double distance = (meanA - meanB).DotProduct(meanA - meanB) + traces - 2 * RootTrace(spreadA, spreadB);
        return Math.Max(0, distance);
    }

    /// <summary>Centred rows over √(n - 1): the covariance is the transpose times it.</summary>
    private static Matrix<double> Spread(Matrix<double> rows, Vector<double> mean) =>
        Matrix<double>.Build.Dense(rows.RowCount, rows.ColumnCount, (row, column) => (rows[row, column] - mean[column]) / Math.Sqrt(rows.RowCount - 1));

    private static double SquaredNorm(Matrix<double> matrix) => matrix.PointwiseMultiply(matrix).RowSums().Sum();

    /// <summary>
    /// Tr (Σ1 Σ2)^½. With Σ = SᵀS the eigenvalues of Σ1 Σ2 are the squared singular values of S1 S2ᵀ, which is the smaller
    /// matrix where there are few pictures; else those of Σ1^½ Σ2 Σ1^½, which is symmetric.
    /// </summary>
    private static double RootTrace(Matrix<double> a, Matrix<double> b)
    {
        if (Math.Min(a.RowCount, b.RowCount) <= a.ColumnCount) return a.TransposeAndMultiply(b).Svd(computeVectors: false).S.Sum();
        var eigen = a.TransposeThisAndMultiply(a).Evd(Symmetricity.Symmetric);
        Vector<double> roots = eigen.EigenValues.Map(value => Math.Sqrt(Math.Max(0, value.Real)));
        Matrix<double> root = eigen.EigenVectors * Matrix<double>.Build.DiagonalOfDiagonalVector(roots) * eigen.EigenVectors.Transpose();
        Matrix<double> product = root * b.TransposeThisAndMultiply(b) * root;
        Matrix<double> symmetric = (product + product.Transpose()) / 2;
        return symmetric.Evd(Symmetricity.Symmetric).EigenValues.Sum(value => Math.Sqrt(Math.Max(0, value.Real)));
    }

    private static Matrix<double> Take(Matrix<double> matrix, int[] rows) =>
        Matrix<double>.Build.Dense(rows.Length, matrix.ColumnCount, (row, column) => matrix[rows[row], column]);
}
