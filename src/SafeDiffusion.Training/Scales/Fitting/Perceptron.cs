using System.Numerics.Tensors;
using SafeDiffusion.Core.Numerics;

namespace SafeDiffusion.Training.Scales.Fitting;

/// <summary>The adapter's network while it is learned, in double: <c>L → 64 → 32 → 1</c> with ReLU between.</summary>
internal sealed class Perceptron
{
    public const int FirstWidth = 64;
    public const int SecondWidth = 32;
    private readonly int[] _widths;
    private readonly double[][] _values;
    private readonly double[][] _slopes;

    /// <param name="inputs">L.</param>
    public Perceptron(int inputs)
    {
        _widths = [inputs, FirstWidth, SecondWidth, 1];
        _values = [.. _widths.Select(width => new double[width])];
        _slopes = [.. _widths.Select(width => new double[width])];
        Parameters = new double[Enumerable.Range(0, Layers).Sum(layer => (_widths[layer] + 1) * _widths[layer + 1])];
    }

    public int Inputs => _widths[0];

    /// <summary>Layer by layer its weights, <c>[outputs, inputs]</c>, then its biases.</summary>
    public double[] Parameters { get; }

    public static int Layers => 3;

    /// <summary>Uniform within one over the root of the inputs, as PyTorch's linear layers begin.</summary>
    public void Initialize(TorchRandom random)
    {
        float[] uniform = new float[Parameters.Length];
        random.FillUniform(uniform);
        int first = 0;
        for (int layer = 0; layer < Layers; layer++)
        {
            int count = (_widths[layer] + 1) * _widths[layer + 1];
            double bound = 1 / Math.Sqrt(_widths[layer]);
            for (int i = first; i < first + count; i++) Parameters[i] = bound * ((2.0 * uniform[i]) - 1);
            first += count;
        }
    }

    public Span<double> Weights(int layer) => Weights(layer, Parameters);

    public Span<double> Biases(int layer) => Biases(layer, Parameters);

    public double Apply(ReadOnlySpan<double> input)
    {
        input.CopyTo(_values[0]);
        for (int layer = 0; layer < Layers; layer++)
        {
            double[] from = _values[layer], to = _values[layer + 1];
            Span<double> weights = Weights(layer), biases = Biases(layer);
            for (int i = 0; i < to.Length; i++) to[i] = biases[i] + TensorPrimitives.Dot<double>(weights.Slice(i * from.Length, from.Length), from);
            if (layer < Layers - 1) TensorPrimitives.Max(to, 0, to);
        }
        return _values[^1][0];
    }

    /// <summary>Adds the gradient of <paramref name="slope"/> times the answer, at the input that was applied last.</summary>
    public void AddGradient(double slope, Span<double> gradient)
    {
        _slopes[^1][0] = slope;
        for (int layer = Layers - 1; layer >= 0; layer--)
        {
            double[] from = _values[layer], back = _slopes[layer], slopes = _slopes[layer + 1];
            Span<double> weights = Weights(layer), weightGradient = Weights(layer, gradient), biasGradient = Biases(layer, gradient);
            Array.Clear(back);
            for (int i = 0; i < slopes.Length; i++)
            {
                if (slopes[i] == 0) continue;
                Span<double> row = weightGradient.Slice(i * from.Length, from.Length);
                TensorPrimitives.MultiplyAdd(from, slopes[i], row, row);
                biasGradient[i] += slopes[i];
                TensorPrimitives.MultiplyAdd(weights.Slice(i * from.Length, from.Length), slopes[i], back, back);
            }
            if (layer == 0) return;
            for (int i = 0; i < back.Length; i++) back[i] = from[i] > 0 ? back[i] : 0;
        }
    }

    private int First(int layer) => Enumerable.Range(0, layer).Sum(earlier => (_widths[earlier] + 1) * _widths[earlier + 1]);

    private Span<double> Weights(int layer, Span<double> parameters) => parameters.Slice(First(layer), _widths[layer] * _widths[layer + 1]);

    private Span<double> Biases(int layer, Span<double> parameters) => parameters.Slice(First(layer) + (_widths[layer] * _widths[layer + 1]), _widths[layer + 1]);
}
