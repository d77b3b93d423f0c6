using SafeDiffusion.Model.Loading;

namespace SafeDiffusion.Quantizing;

/// <summary>What was planned for one network; the members are those of <see cref="QuantizationPlan"/>.</summary>
internal sealed record PlannedNetwork
{
    public required IReadOnlyList<int> Timesteps { get; init; }

    public required IReadOnlyList<int> HeldTimesteps { get; init; }

    public required IReadOnlyList<PlannedLayer> Layers { get; init; }

    public required IReadOnlyList<GroupSensitivity> Groups { get; init; }

    public required IReadOnlyList<double> SignalToNoise { get; init; }

    public required double MeanSignalToNoise { get; init; }
}
