using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Methods.LinearErasure;

namespace SafeDiffusion.Training.Erasing;

/// <summary>
/// Kernel ridge regression on M of the N states as anchors (subset of regressors): <c>(K^T W K + λ N̄ K_a) c = K^T W Y</c>, in double
/// precision, by Cholesky.
/// </summary>
internal static class KernelSolver
{
    /// <summary>So many states are learned from at most.</summary>
    private const int MaxStates = 16_000;

    /// <summary>Keeps the system positive definite where anchors nearly coincide.</summary>
    private const double Jitter = 1e-10;

    /// <summary>Solves for a map.</summary>
    /// <param name="table">The states, with what is to be added at each; half of the anchors are of those whose target is not 0.</param>
    /// <param name="anchors">M.</param>
    /// <param name="bandwidth">In units of the median distance of two states.</param>
    /// <param name="ridge">λ, relative to the mean of the system's diagonal.</param>
    /// <param name="seed">Decides which states are anchors.</param>
    /// <param name="oneSidedRounds">
    /// How often it is solved again without the states that are on the right side already: at 1 or above where 1 is wanted, at
    /// 0 or below where 0 is. So the loss is a squared hinge, and the map a classifier; for one output.
    /// </param>
    /// <exception cref="InvalidRequestException">The problem is singular.</exception>
    public static KernelMap Solve(StateTable table, int anchors, double bandwidth, double ridge, int seed, int oneSidedRounds = 0)
    {
        Random random = new(seed);
        StateTable states = table.Sample(MaxStates, random);
        double scale = bandwidth * states.MedianDistance(random) / Math.Sqrt(table.Width);
        float[][] chosen = Anchors(states, anchors, random);
        (float[] coefficients, double[] values) = SolveOn(chosen, states, scale, ridge, oneSidedRounds);
        if (oneSidedRounds > 0)
        {
            // Half of each half of the anchors stays; the other halves go where the first fit is worst.
            chosen = [.. chosen.Take(chosen.Length / 4), .. chosen.Skip(chosen.Length / 2).Take(chosen.Length / 4), .. Hardest(states, values, chosen.Length / 2)];
            (coefficients, _) = SolveOn(chosen, states, scale, ridge, oneSidedRounds);
        }
        return new KernelMap([.. chosen.SelectMany(anchor => anchor)], coefficients, table.Width, (float)scale);
    }

    private static (float[] Coefficients, double[] Values) SolveOn(float[][] anchors, StateTable states, double scale, double ridge, int oneSidedRounds)
    {
        double[] weights = [.. Enumerable.Range(0, states.Count).Select(states.Weight)];
        double[][] columns = Columns(anchors, states, scale);
        Matrix<double> among = Matrix<double>.Build.Dense(anchors.Length, anchors.Length, (i, j) => Kernel(anchors[i], anchors[j], scale, states.Width));
        double diagonal = columns.Average(column => TensorPrimitives.SumOfSquares<double>(column));
        Matrix<double> pull = among * (ridge * diagonal) + Matrix<double>.Build.DenseDiagonal(anchors.Length, Jitter * diagonal);
        float[] coefficients = Fit(columns, states, weights, pull);
        for (int round = 0; round < oneSidedRounds; round++)
        {
            coefficients = Fit(columns, states, OneSided(states, Values(columns, coefficients)), pull);
        }
        return (coefficients, oneSidedRounds > 0 ? Values(columns, coefficients) : []);
    }

    /// <summary>The states that a classifier is worst at, half of them of each side: what it needs anchors at.</summary>
    private static IEnumerable<float[]> Hardest(StateTable states, double[] values, int count)
    {
        int[] rows = [.. Enumerable.Range(0, states.Count)];
        IEnumerable<int> low = rows.Where(row => states.Target(row)[0] > 0).OrderBy(row => values[row]).Take(count / 2);
        IEnumerable<int> high = rows.Where(row => states.Target(row)[0] <= 0).OrderByDescending(row => values[row]).Take(count - count / 2);
        return low.Concat(high).Select(states.State);
    }

    private static double[] Values(double[][] columns, float[] coefficients)
    {
        double[] values = new double[columns[0].Length];
        for (int j = 0; j < columns.Length; j++) TensorPrimitives.MultiplyAdd<double>(columns[j], coefficients[j], values, values);
        return values;
    }

    private static float[] Fit(double[][] columns, StateTable states, double[] weights, Matrix<double> pull)
    {
        double[][] weighted = new double[columns.Length][];
        double[] roots = [.. weights.Select(Math.Sqrt)];
        Parallel.For(0, columns.Length, j =>
        {
            weighted[j] = new double[roots.Length];
            TensorPrimitives.Multiply<double>(columns[j], roots, weighted[j]);
        });
        return Solve(Gram(weighted) + pull, Right(weighted, states, roots));
    }

    private static double[] OneSided(StateTable states, double[] values) =>
        [.. values.Select((value, row) => (states.Target(row)[0] > 0 ? value < 1 : value > 0) ? states.Weight(row) : 0)];

    private static float[] Solve(Matrix<double> system, Matrix<double> right)
    {
        try
        {
            return [.. system.Cholesky().Solve(right).ToRowMajorArray().Select(value => (float)value)];
        }
        catch (ArgumentException)
        {
            throw new InvalidRequestException("ridge", "is too small: the kernel's system is singular. Raise the ridge λ, or take fewer anchors.");
        }
    }

    private static float[][] Anchors(StateTable states, int count, Random random)
    {
        int[] rows = [.. Enumerable.Range(0, states.Count)];
        random.Shuffle(rows);
        int[] moved = [.. rows.Where(row => states.Target(row).AsSpan().ContainsAnyExcept(0f))];
        int[] kept = [.. rows.Where(row => !states.Target(row).AsSpan().ContainsAnyExcept(0f))];
        int half = Math.Min(moved.Length, Math.Max(count / 2, count - kept.Length));
        return [.. moved.Take(half).Concat(kept.Take(count - half)).Select(states.State)];
    }

    private static double[][] Columns(float[][] anchors, StateTable states, double scale)
    {
        double[][] columns = new double[anchors.Length][];
        Parallel.For(0, anchors.Length, j =>
        {
            double[] column = new double[states.Count];
            for (int row = 0; row < column.Length; row++) column[row] = Kernel(anchors[j], states.State(row), scale, states.Width);
            columns[j] = column;
        });
        return columns;
    }

    private static double Kernel(float[] a, float[] b, double scale, int width)
    {
        double distance = TensorPrimitives.Distance<float>(a, b);
        return Math.Exp(-distance * distance / (2 * width * scale * scale));
    }

    private static Matrix<double> Gram(double[][] columns)
    {
        Matrix<double> gram = Matrix<double>.Build.Dense(columns.Length, columns.Length);
        Parallel.For(0, columns.Length, i =>
        {
            for (int j = 0; j <= i; j++) gram[i, j] = gram[j, i] = TensorPrimitives.Dot<double>(columns[i], columns[j]);
        });
        return gram;
    }

    private static Matrix<double> Right(double[][] columns, StateTable states, double[] roots)
    {
        Matrix<double> right = Matrix<double>.Build.Dense(columns.Length, states.Outputs);
        Parallel.For(0, states.Outputs, output =>
        {
            double[] target = [.. roots.Select((root, row) => root * states.Target(row)[output])];
            for (int j = 0; j < columns.Length; j++) right[j, output] = TensorPrimitives.Dot<double>(columns[j], target);
        });
        return right;
    }
}
