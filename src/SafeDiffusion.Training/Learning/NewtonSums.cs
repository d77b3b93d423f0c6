using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;

namespace SafeDiffusion.Training.Learning;

/// <summary>Loss, gradient and curvature of the weighted mean logistic loss in one token and an offset per step.</summary>
internal sealed class NewtonSums(int width, int places, int positions)
{
    private readonly int _size = width + places;
    private readonly double[] _scores = new double[positions];
    private readonly double[] _curvatures = new double[positions];
    private readonly double[] _weighted = new double[positions];
    private double _weight;

    public double Loss { get; private set; }

    /// <summary>[D + T].</summary>
    public double[] Gradient { get; } = new double[width + places];

    /// <summary>The lower triangle of <c>[D + T, D + T]</c>.</summary>
    public double[] Curvature { get; } = new double[(width + places) * (width + places)];

    /// <summary>Adds a picture at a step.</summary>
    public void Add(ReadOnlySpan<double> parameters, int place, ReadOnlySpan<double> features, ReadOnlySpan<float> mask, ReadOnlySpan<double> weights)
    {
        int offset = width + place;
        TokenScores.Compute(parameters[..width], features, _scores);
        for (int i = 0; i < positions; i++)
        {
            double z = _scores[i] + parameters[offset];
            double map = Logistic.Of(z);
            Loss += weights[i] * Logistic.CrossEntropy(z, mask[i]);
            _weight += weights[i];
            _curvatures[i] = weights[i] * map * (1 - map);
            _scores[i] = weights[i] * (map - mask[i]);
        }
        Gradient[offset] += TensorPrimitives.Sum<double>(_scores);
        Curvature[(offset * _size) + offset] += TensorPrimitives.Sum<double>(_curvatures);
        for (int d = 0; d < width; d++)
        {
            ReadOnlySpan<double> row = features.Slice(d * positions, positions);
            Gradient[d] += TensorPrimitives.Dot(row, _scores);
            TensorPrimitives.Multiply(row, _curvatures, _weighted);
            Curvature[(offset * _size) + d] += TensorPrimitives.Sum<double>(_weighted);
            for (int j = 0; j <= d; j++) Curvature[(d * _size) + j] += TensorPrimitives.Dot(_weighted, features.Slice(j * positions, positions));
        }
    }

    /// <summary>Makes means of the sums and adds the pull of the token towards zero.</summary>
    public void Finish(ReadOnlySpan<double> parameters, double ridge, double leastCurvature)
    {
        Loss /= _weight;
        TensorPrimitives.Divide(Gradient, _weight, Gradient);
        TensorPrimitives.Divide(Curvature, _weight, Curvature);
        for (int d = 0; d < width; d++)
        {
            Loss += ridge * parameters[d] * parameters[d] / 2;
            Gradient[d] += ridge * parameters[d];
            Curvature[(d * _size) + d] += ridge;
        }
        for (int i = 0; i < _size; i++) Curvature[(i * _size) + i] += leastCurvature;
    }

    /// <summary>Newton's step, which is to be subtracted: the x of <c>curvature · x = gradient</c>, <c>[D + T]</c>.</summary>
    public double[] Step()
    {
        Matrix<double> curvature = Matrix<double>.Build.Dense(_size, _size, (row, column) => Curvature[(Math.Max(row, column) * _size) + Math.Min(row, column)]);
        return curvature.Cholesky().Solve(Vector<double>.Build.Dense(Gradient)).ToArray();
    }
}
