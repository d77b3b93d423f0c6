using MathNet.Numerics.LinearAlgebra;
using SafeDiffusion.Methods.LinearErasure;

namespace SafeDiffusion.Training.Erasing;

/// <summary>Learns a gate from single token states: 1 at a concept's own tokens, 0 at every token of harmless prompts. Its threshold is set afterwards.</summary>
internal static class GateLearner
{
    /// <summary>A kernel gate's score at a target of 1, against minus this at 0: where the logistic is all but 1.</summary>
    private const float Reach = 6;

    private const int MaxAnchors = 900;
    private const int OneSidedRounds = 6;
    private const int Rounds = 25;
    private const double LogisticRidge = 1e-4;

    /// <summary>Until it is calibrated.</summary>
    private const float Unset = 0.5f;

    public static ErasureGate Kernel(StateTable table, double bandwidth, double ridge, int seed)
    {
        KernelMap map = KernelSolver.Solve(table, Math.Min(MaxAnchors, table.Count), bandwidth, ridge, seed, OneSidedRounds);
        return new ErasureGate(new KernelMap(map.AnchorValues.ToArray(), [.. map.Coefficients.ToArray().Select(value => 2 * Reach * value)], map.Width, map.Bandwidth), -Reach, Unset);
    }

    /// <summary>Logistic regression by Newton's method.</summary>
    public static ErasureGate Logistic(StateTable table)
    {
        int size = table.Width + 1;
        Matrix<double> states = Matrix<double>.Build.Dense(table.Count, size, (row, i) => i < table.Width ? table.State(row)[i] : 1);
        Vector<double> labels = Vector<double>.Build.Dense(table.Count, row => table.Target(row)[0]);
        Vector<double> weights = Vector<double>.Build.Dense(table.Count, row => table.Weight(row));
        Vector<double> parameters = Vector<double>.Build.Dense(size);
        double ridge = LogisticRidge * weights.Sum();
        for (int round = 0; round < Rounds; round++)
        {
            Vector<double> values = (states * parameters).Map(score => 1 / (1 + Math.Exp(-score)));
            Vector<double> gradient = states.TransposeThisAndMultiply(weights.PointwiseMultiply(values - labels)) + parameters * ridge;
            Vector<double> curvature = weights.PointwiseMultiply(values.Map(value => Math.Max(1e-9, value * (1 - value))));
            Matrix<double> scaled = Matrix<double>.Build.Dense(table.Count, size, (row, i) => curvature[row] * states[row, i]);
            Matrix<double> hessian = states.TransposeThisAndMultiply(scaled) + Matrix<double>.Build.DenseDiagonal(size, ridge);
            Vector<double> step = hessian.Cholesky().Solve(gradient);
            parameters -= step;
            if (step.L2Norm() < 1e-6 * parameters.L2Norm()) break;
        }
        return new ErasureGate([.. parameters.Take(table.Width).Select(value => (float)value)], (float)parameters[^1], Unset);
    }

    /// <summary>The same gate with another threshold.</summary>
    public static ErasureGate WithThreshold(ErasureGate gate, float threshold) =>
        gate.Kernel is { } kernel ? new(kernel, gate.Bias, threshold) : new(gate.Weights.ToArray(), gate.Bias, threshold);
}
