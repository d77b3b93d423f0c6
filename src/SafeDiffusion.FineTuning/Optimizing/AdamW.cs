using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Optimizing;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019): Adam with bias correction, and weights that decay apart from the gradient, in PyTorch's order:
/// <c>p ← p (1 - lr λ)</c>, then <c>p ← p - lr / (1 - β1^i) m / (sqrt(v) / sqrt(1 - β2^i) + ε)</c>. Gradients are clipped before by their
/// norm over all parameters, <c>g ← g min(1, clip / (norm + 1e-6))</c>.
/// </summary>
public sealed class AdamW : IDisposable
{
    private const double ClipEpsilon = 1e-6;
    private readonly AdamWSettings _settings;
    private readonly (string Name, Tensor Parameter, Tensor Mean, Tensor Square)[] _states;

    /// <summary>Begins with moments of zero.</summary>
    /// <param name="parameters">The parameters by name; they are changed in place.</param>
    /// <param name="settings">The settings.</param>
    /// <exception cref="Core.Errors.InvalidRequestException">A setting is out of range.</exception>
    public AdamW(IReadOnlyDictionary<string, Tensor> parameters, AdamWSettings settings)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate();
        _settings = settings;
        using IDisposable tapeless = no_grad();
        _states = [.. parameters.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => (pair.Key, pair.Value, zeros_like(pair.Value, requires_grad: false).DetachFromDisposeScope(), zeros_like(pair.Value, requires_grad: false).DetachFromDisposeScope()))];
    }

    /// <summary>Steps taken.</summary>
    public int Steps { get; private set; }

    /// <summary>Takes a step along the gradients that the parameters hold, and takes these away.</summary>
    /// <param name="rateFactor">What the learning rate is multiplied by in this step.</param>
    /// <returns>The Euclidean norm of all gradients together, before clipping.</returns>
    /// <exception cref="NotFiniteException">A gradient is not finite; nothing was changed.</exception>
    public double Step(double rateFactor = 1)
    {
        using IDisposable tapeless = no_grad();
        using DisposeScope scope = NewDisposeScope();
        double norm = Norm();
        Steps++;
        double scale = _settings.Clip is { } clip ? Math.Min(1, clip / (norm + ClipEpsilon)) : 1;
        double rate = _settings.LearningRate * rateFactor;
        double size = rate / (1 - Math.Pow(_settings.Beta1, Steps));
        double root = Math.Sqrt(1 - Math.Pow(_settings.Beta2, Steps));
        foreach ((_, Tensor parameter, Tensor mean, Tensor square) in _states)
        {
            if (parameter.grad is not { } gradient) continue;
            Tensor g = scale < 1 ? gradient * scale : gradient;
            parameter.mul_(1 - rate * _settings.WeightDecay);
            mean.mul_(_settings.Beta1).add_(g, 1 - _settings.Beta1);
            square.mul_(_settings.Beta2).addcmul_(g, g, 1 - _settings.Beta2);
            parameter.addcdiv_(mean, square.sqrt().div_(root).add_(_settings.Epsilon), -size);
            parameter.grad = null;
        }
        return norm;
    }

    /// <summary>What a checkpoint keeps of each parameter: its value, and both moments.</summary>
    internal IEnumerable<(string Name, Tensor Parameter, Tensor Mean, Tensor Square)> States => _states;

    /// <summary>Goes on after a checkpoint whose values have been put back.</summary>
    internal void ResumeAt(int steps) => Steps = steps;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, _, Tensor mean, Tensor square) in _states)
        {
            mean.Dispose();
            square.Dispose();
        }
    }

    private double Norm()
    {
        double sum = 0;
        foreach ((string name, Tensor parameter, _, _) in _states)
        {
            if (parameter.grad is not { } gradient) continue;
            double norm = gradient.to(ScalarType.Float64).norm().item<double>();
            if (!double.IsFinite(norm)) throw new NotFiniteException($"the gradient of '{name}' is not finite");
            sum += norm * norm;
        }
        return Math.Sqrt(sum);
    }
}
