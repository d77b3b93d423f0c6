using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Training.Erasing;

/// <summary>A solved erasure matrix.</summary>
/// <param name="Matrix">P, <c>[D, D]</c>.</param>
/// <param name="Condition">The condition number of what was solved, the ratio of its extreme eigenvalues.</param>
/// <param name="Rank">How many directions of the preserved states are left alone exactly; null for a form that leaves none.</param>
internal sealed record SolvedProjection(Matrix<double> Matrix, double Condition, int? Rank = null);

/// <summary>
/// The closed forms of linear erasure, in double precision. TRCE's first stage (arXiv:2503.07389) and UCE (arXiv:2308.14761):
/// <c>P = (mean e_s e_m^T + η C + λ I) (mean e_m e_m^T + η C + λ I)^-1</c> with <c>C = mean e_k e_k^T</c>. Solved by Cholesky.
/// </summary>
internal static class RidgeProjection
{
    /// <summary>The greatest condition number that is solved: beyond it a result has no digit that counts.</summary>
    public const double MaxCondition = 1e13;

    /// <summary>Solves for P.</summary>
    /// <param name="concept">e_m, the concept's states, a row each, <c>[n, D]</c>.</param>
    /// <param name="safe">e_s, what each becomes, <c>[n, D]</c>.</param>
    /// <param name="preserved">e_k, states to leave as they are, <c>[k, D]</c>; null for none.</param>
    /// <param name="preservation">η, at least 0.</param>
    /// <param name="ridge">λ, at least 0.</param>
    /// <exception cref="InvalidRequestException">The problem is singular.</exception>
    public static SolvedProjection Solve(Matrix<double> concept, Matrix<double> safe, Matrix<double>? preserved, double preservation, double ridge)
    {
        ArgumentNullException.ThrowIfNull(concept);
        ArgumentNullException.ThrowIfNull(safe);
        Matrix<double> kept = Matrix<double>.Build.DenseDiagonal(concept.ColumnCount, ridge);
        if (preserved is not null) kept += Moment(preserved, preserved) * preservation;
        Matrix<double> right = Moment(concept, concept) + kept;
        Matrix<double> left = Moment(safe, concept) + kept;
        double condition = Condition(right);
        return new(SolveSymmetric(right, left.Transpose(), condition).Transpose(), condition);
    }

    /// <summary>
    /// Solves for <c>P = I + Δ</c>, with <c>Δ</c> 0 on the leading subspace of the preserved states and otherwise the least squares
    /// <c>mean |P e_m - e_s|² + λ |Δ|²</c>.
    /// </summary>
    /// <param name="concept">e_m, the concept's states, a row each, <c>[n, D]</c>.</param>
    /// <param name="safe">e_s, what each becomes, <c>[n, D]</c>.</param>
    /// <param name="preserved">The states that span the subspace, <c>[k, D]</c>.</param>
    /// <param name="rest">The subspace is the smallest of leading eigenvectors that leaves less than this share of the states' power; above 0 and below 1.</param>
    /// <param name="ridge">λ, at least 0.</param>
    /// <exception cref="InvalidRequestException">The problem is singular, or the preserved states leave no direction.</exception>
    public static SolvedProjection SolveInNullSpace(Matrix<double> concept, Matrix<double> safe, Matrix<double> preserved, double rest, double ridge)
    {
        ArgumentNullException.ThrowIfNull(concept);
        ArgumentNullException.ThrowIfNull(safe);
        ArgumentNullException.ThrowIfNull(preserved);
        int width = concept.ColumnCount;
        Evd<double> eigen = Moment(preserved, preserved).Evd(Symmetricity.Symmetric);
        double[] powers = [.. eigen.EigenValues.Select(value => Math.Max(0, value.Real))];
        // Ascending: those that are free come first.
        (int free, double sum) = (0, 0);
        while (free < width && sum + powers[free] < rest * powers.Sum()) sum += powers[free++];
        if (free == 0) throw new InvalidRequestException("preserve", $"leaves no direction to erase in: the preserved states fill all {width}. Raise the null-space rest above {rest}, or preserve less.");
        Matrix<double> basis = eigen.EigenVectors.SubMatrix(0, width, 0, free);
        Matrix<double> inside = concept * basis;
        Matrix<double> right = Moment(inside, inside) + Matrix<double>.Build.DenseDiagonal(free, ridge);
        double condition = Condition(right);
        Matrix<double> map = SolveSymmetric(right, Moment(inside, safe - concept), condition);
        return new(Matrix<double>.Build.DenseIdentity(width) + (basis * map).Transpose(), condition, width - free);
    }

    /// <summary><c>mean a_i b_i^T</c>.</summary>
    private static Matrix<double> Moment(Matrix<double> a, Matrix<double> b) => a.TransposeThisAndMultiply(b) / a.RowCount;

    private static Matrix<double> SolveSymmetric(Matrix<double> symmetric, Matrix<double> right, double condition)
    {
        string advice = $"is too small: the problem is singular (condition number {condition:0.#e+0}): there are fewer different states than dimensions. Raise the ridge λ, or give more captions to preserve.";
        if (!(condition < MaxCondition)) throw new InvalidRequestException("ridge", advice);
        try
        {
            return symmetric.Cholesky().Solve(right);
        }
        catch (ArgumentException)
        {
            throw new InvalidRequestException("ridge", advice);
        }
    }

    private static double Condition(Matrix<double> symmetric)
    {
        double[] values = [.. symmetric.Evd(Symmetricity.Symmetric).EigenValues.Select(value => value.Real)];
        (double least, double greatest) = (values.Min(), values.Max());
        return least > 0 ? greatest / least : double.PositiveInfinity;
    }
}
