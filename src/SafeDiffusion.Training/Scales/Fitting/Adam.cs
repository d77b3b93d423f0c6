namespace SafeDiffusion.Training.Scales.Fitting;

/// <summary>Adam (Kingma and Ba 2015, algorithm 1), with its paper's β and ε.</summary>
internal sealed class Adam(int parameters, double learningRate)
{
    private const double FirstDecay = 0.9, SecondDecay = 0.999, Epsilon = 1e-8;
    private readonly double[] _mean = new double[parameters];
    private readonly double[] _square = new double[parameters];
    private int _step;

    public void StepInPlace(Span<double> values, ReadOnlySpan<double> gradient)
    {
        _step++;
        double meanScale = 1 - Math.Pow(FirstDecay, _step), squareScale = 1 - Math.Pow(SecondDecay, _step);
        for (int i = 0; i < values.Length; i++)
        {
            _mean[i] = (FirstDecay * _mean[i]) + ((1 - FirstDecay) * gradient[i]);
            _square[i] = (SecondDecay * _square[i]) + ((1 - SecondDecay) * gradient[i] * gradient[i]);
            values[i] -= learningRate * _mean[i] / meanScale / (Math.Sqrt(_square[i] / squareScale) + Epsilon);
        }
    }
}
