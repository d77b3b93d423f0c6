using SafeDiffusion.Instrumentation.Quantization;

namespace SafeDiffusion.Model.Loading;

/// <summary>Which of a VAE decoder's layers run in 8-bit whole numbers. Immutable.</summary>
public sealed record DecoderPlan
{
    /// <summary>The SHA-256 of the decoder's weights that it is for, in hexadecimal.</summary>
    public required string BaseHash { get; init; }

    /// <summary>Every layer that could run in whole numbers, in the order of evaluation; each with one ratio, of the decoded pictures.</summary>
    public required IReadOnlyList<PlannedLayer> Layers { get; init; }

    /// <summary>What layers cost together, role by role.</summary>
    public required IReadOnlyList<GroupSensitivity> Groups { get; init; }

    /// <summary>Power of the decoded pictures, -1 to 1, over that of their error with the layers of this plan, in decibels; of prompts that nothing was chosen by.</summary>
    public required double SignalToNoise { get; init; }

    internal IReadOnlyList<QuantizedLayer> Quantized => PlannedLayer.Quantized(Layers);
}
