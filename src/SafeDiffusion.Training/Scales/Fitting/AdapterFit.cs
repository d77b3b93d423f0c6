using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Core.Tensors;

namespace SafeDiffusion.Training.Scales.Fitting;

/// <summary>
/// Learns the network by the mean squared error. Responses are brought to mean 0 and deviation 1 first, which the first layer then takes in,
/// so that the file's network reads them as they are.
/// </summary>
internal sealed class AdapterFit
{
    private readonly FittingSettings _settings;
    private readonly Perceptron _network;
    private readonly double[] _mean;
    private readonly double[] _deviation;
    private readonly (double[][] Inputs, double Target)[] _samples;

    public AdapterFit(IReadOnlyList<ScaleSample> samples, FittingSettings settings)
    {
        _settings = settings;
        _network = new(samples[0].Responses[0].Length);
        _network.Initialize(new TorchRandom(settings.Seed));
        (_mean, _deviation) = Moments(samples, _network.Inputs);
        _samples = [.. samples.Select(sample => (Normalized(sample), sample.Scale > 0 ? sample.Scale : settings.HarmlessTarget))];
    }

    /// <summary>Learns.</summary>
    /// <param name="report">Told the epoch and its mean squared error, every so often.</param>
    /// <param name="cancellationToken">Ends the work within an epoch.</param>
    /// <returns>The adapter's six tensors.</returns>
    public SafeTensorsFile Run(Action<int, double>? report, CancellationToken cancellationToken)
    {
        const int ReportEvery = 25;
        Adam adam = new(_network.Parameters.Length, _settings.LearningRate);
        double[] gradient = new double[_network.Parameters.Length];
        for (int epoch = 0; epoch < _settings.Epochs; epoch++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            double loss = Loss(gradient);
            adam.StepInPlace(_network.Parameters, gradient);
            if (epoch % ReportEvery == 0) report?.Invoke(epoch, loss);
        }
        return ToTensors();
    }

    private double Loss(double[] gradient) => SquaredError(_network, _samples, _settings.TakesGreatest, gradient);

    /// <summary>The mean squared error over pictures, or over their tokens, and its gradient.</summary>
    internal static double SquaredError(Perceptron network, IReadOnlyList<(double[][] Inputs, double Target)> samples, bool takesGreatest, double[] gradient)
    {
        Array.Clear(gradient);
        double loss = 0;
        double weight = 1.0 / (takesGreatest ? samples.Count : samples.Sum(sample => sample.Inputs.Length));
        foreach ((double[][] inputs, double target) in samples)
        {
            if (takesGreatest) Add(network.Apply(Greatest(network, inputs)), target);
            else foreach (double[] input in inputs) Add(network.Apply(input), target);
        }
        return loss;

        void Add(double answer, double target)
        {
            double error = answer - target;
            loss += weight * error * error;
            network.AddGradient(2 * weight * error, gradient);
        }
    }

    private static double[] Greatest(Perceptron network, double[][] inputs) => inputs.MaxBy(input => network.Apply(input))!;

    private static (double[] Mean, double[] Deviation) Moments(IReadOnlyList<ScaleSample> samples, int layers)
    {
        float[][] tokens = [.. samples.SelectMany(sample => sample.Responses)];
        double[] mean = [.. Enumerable.Range(0, layers).Select(layer => tokens.Average(token => (double)token[layer]))];
        double[] deviation = [.. Enumerable.Range(0, layers).Select(layer => Math.Sqrt(tokens.Average(token => (token[layer] - mean[layer]) * (token[layer] - mean[layer]))))];
        // A layer that always answers the same says nothing.
        return (mean, [.. deviation.Select(value => value > 0 ? value : 1)]);
    }

    private double[][] Normalized(ScaleSample sample) =>
        [.. sample.Responses.Select(token => token.Select((value, layer) => (value - _mean[layer]) / _deviation[layer]).ToArray())];

    private SafeTensorsFile ToTensors()
    {
        double[] weights = _network.Weights(0).ToArray(), biases = _network.Biases(0).ToArray();
        for (int i = 0; i < weights.Length; i++)
        {
            int layer = i % _network.Inputs;
            weights[i] /= _deviation[layer];
            biases[i / _network.Inputs] -= weights[i] * _mean[layer];
        }
        return new(new Dictionary<string, StoredTensor>
        {
            ["fc1.weight"] = Tensor(weights, Perceptron.FirstWidth, _network.Inputs),
            ["fc1.bias"] = Tensor(biases, Perceptron.FirstWidth),
            ["fc2.weight"] = Tensor(_network.Weights(1), Perceptron.SecondWidth, Perceptron.FirstWidth),
            ["fc2.bias"] = Tensor(_network.Biases(1), Perceptron.SecondWidth),
            ["fc3.weight"] = Tensor(_network.Weights(2), 1, Perceptron.SecondWidth),
            ["fc3.bias"] = Tensor(_network.Biases(2), 1),
        });
    }

    private static StoredTensor Tensor(ReadOnlySpan<double> values, params long[] shape)
    {
        float[] singles = new float[values.Length];
        for (int i = 0; i < singles.Length; i++) singles[i] = (float)values[i];
        return StoredTensor.FromSingles(singles, shape);
    }
}
