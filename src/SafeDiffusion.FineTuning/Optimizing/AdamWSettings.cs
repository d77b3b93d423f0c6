using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.FineTuning.Optimizing;

/// <summary>The settings of <see cref="AdamW"/>.</summary>
public sealed record AdamWSettings
{
    /// <summary>The learning rate, above 0; 1e-5 by default.</summary>
    public double LearningRate { get; init; } = 1e-5;

    /// <summary>The decay of weights, at least 0; 0.01 by default.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>β1, 0 to below 1; 0.9 by default.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>β2, 0 to below 1; 0.999 by default.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>ε, above 0; 1e-8 by default.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>The Euclidean norm of all gradients together that they are scaled down to, above 0; null, the default, for none.</summary>
    public double? Clip { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="InvalidRequestException">A setting is out of range.</exception>
    public void Validate()
    {
        FieldCheck check = FieldCheck.OfRequest("");
        check.RequirePositive(LearningRate, nameof(LearningRate));
        check.RequireAtLeast(WeightDecay, 0, nameof(WeightDecay));
        check.Require(Beta1 is >= 0 and < 1, nameof(Beta1), $"must be from 0 to below 1, and is {Beta1}.");
        check.Require(Beta2 is >= 0 and < 1, nameof(Beta2), $"must be from 0 to below 1, and is {Beta2}.");
        check.RequirePositive(Epsilon, nameof(Epsilon));
        if (Clip is { } clip) check.RequirePositive(clip, nameof(Clip));
    }
}
