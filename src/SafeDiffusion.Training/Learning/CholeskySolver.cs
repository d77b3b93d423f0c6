using System.Numerics.Tensors;

namespace SafeDiffusion.Training.Learning;

/// <summary>Solves symmetric positive definite systems.</summary>
internal static class CholeskySolver
{
    /// <summary>Solves <c>A x = b</c>.</summary>
    /// <param name="matrix">A, <c>[n, n]</c>, of which the lower triangle is read and overwritten.</param>
    /// <param name="values">b on entry, x on return, <c>[n]</c>.</param>
    /// <exception cref="ArithmeticException">The matrix is not positive definite.</exception>
    public static void SolveInPlace(double[] matrix, Span<double> values)
    {
        int n = values.Length;
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double rest = matrix[(i * n) + j] - TensorPrimitives.Dot<double>(matrix.AsSpan(i * n, j), matrix.AsSpan(j * n, j));
                if (i != j) matrix[(i * n) + j] = rest / matrix[(j * n) + j];
                else if (rest > 0) matrix[(i * n) + i] = Math.Sqrt(rest);
                else throw new ArithmeticException("The matrix is not positive definite.");
            }
        }
        for (int i = 0; i < n; i++) values[i] = (values[i] - TensorPrimitives.Dot<double>(matrix.AsSpan(i * n, i), values[..i])) / matrix[(i * n) + i];
        for (int i = n - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < n; k++) values[i] -= matrix[(k * n) + i] * values[k];
            values[i] /= matrix[(i * n) + i];
        }
    }
}
