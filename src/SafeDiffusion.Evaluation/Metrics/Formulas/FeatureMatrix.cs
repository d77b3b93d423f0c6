using MathNet.Numerics.LinearAlgebra;

namespace SafeDiffusion.Evaluation.Metrics.Formulas;

/// <summary>Feature vectors as a matrix, a row each.</summary>
internal static class FeatureMatrix
{
    /// <exception cref="ArgumentException">There are fewer than two vectors in a set, their lengths differ, or a value is not finite.</exception>
    public static (Matrix<double> X, Matrix<double> Y) Of(IReadOnlyList<float[]> x, IReadOnlyList<float[]> y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (Math.Min(x.Count, y.Count) < 2) throw new ArgumentException("a set of features needs two pictures or more");
        int length = x[0].Length;
        if (length == 0 || x.Concat(y).Any(vector => vector.Length != length)) throw new ArgumentException("feature vectors differ in length");
        if (!x.Concat(y).All(vector => vector.All(float.IsFinite))) throw new ArgumentException("a feature is not a finite number");
        return (Rows(x), Rows(y));
    }

    private static Matrix<double> Rows(IReadOnlyList<float[]> vectors) =>
        Matrix<double>.Build.Dense(vectors.Count, vectors[0].Length, (row, column) => vectors[row][column]);
}
