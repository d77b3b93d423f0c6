using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;

namespace SafeDiffusion.Model.Loading;

/// <summary>How a model is loaded; what each means is said at the pipeline's options.</summary>
internal sealed record ModelSettings
{
    public ProviderSettings Provider { get; init; } = new(ExecutionProvider.Cpu, null);

    public AttentionFeatures AttentionFeatures { get; init; }

    public LayerSelection DetectionLayers { get; init; } = LayerSelection.Detection;

    public bool FuseAttention { get; init; } = true;

    /// <summary>Weights of the UNet in place of its file's; null for none.</summary>
    public ChangedWeights? ChangedWeights { get; init; }

    /// <summary>What the UNet is quantised by when it is loaded; null for as its file is.</summary>
    public QuantizationPlan? Quantization { get; init; }

    public string? CacheFolder { get; init; }

    /// <summary>Told the network that is loaded next, how many are loaded, and how many there are.</summary>
    public Action<string, int, int>? Loading { get; init; }
}
