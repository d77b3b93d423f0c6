using Microsoft.Extensions.Logging;
using SafeDiffusion.Checking;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Generation;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Methods.FineTuned;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion;

/// <summary>How a model is loaded and run.</summary>
public sealed record PipelineOptions
{
    /// <summary>What runs the networks. A provider that is not there is an error, never a silent CPU run.</summary>
    public ExecutionProvider Provider { get; init; } = ExecutionProvider.Cpu;

    /// <summary>Threads of one network call; null leaves it to ONNX Runtime (one per physical core).</summary>
    public int? Threads { get; init; }

    /// <summary>The most UNet rows in one call; more are evaluated in chunks, with the same pictures. At least 1.</summary>
    public int MaxUNetRows { get; init; } = 8;

    /// <summary>
    /// What to add to the UNet's cross-attention when the model is loaded, in memory; <see cref="For"/> adds what a policy needs. None by
    /// default: an unused feature costs nothing.
    /// </summary>
    public AttentionFeatures AttentionFeatures { get; init; }

    /// <summary>The cross-attention layers that detection reads; those at 1/2 and 1/4 of the latent grid by default. A guideline names its own.</summary>
    public LayerSelection DetectionLayers { get; init; } = LayerSelection.Detection;

    /// <summary>
    /// Whether the self-attention layers of a UNet of 64 MB and more run as ONNX Runtime's fused operator where they have many positions
    /// (<see cref="UNetFusion.DefaultMinPositions"/> and more at the picture's size): less time and far less memory at 512x512, the same
    /// pictures within rounding. True by default; float32 on the CPU only.
    /// </summary>
    public bool FuseAttention { get; init; } = true;

    /// <summary>
    /// Fine-tuned weights that the UNet is loaded with, in memory; <see cref="For"/> takes them from a policy. Null, the default: the
    /// model's own. All pictures of the pipeline are then drawn with them, whatever their policies say.
    /// </summary>
    public FineTunedWeights? WeightDelta { get; init; }

    /// <summary>
    /// What the UNet, and the VAE decoder where the plan has it, are quantised by when they are loaded, in memory (<see cref="QuantizationPlan.Load"/>); it must have been made for this model. Null, the
    /// default: both run as their files are. A model that was quantised on disk needs none.
    /// </summary>
    public QuantizationPlan? Quantization { get; init; }

    /// <summary>
    /// What looks at finished pictures besides the protections that detect; a policy says what to do with those that are flagged
    /// (<see cref="SafetyPolicy.WhenStillDetected(Remedy)"/>), and without that the report says so. None by default. They stay the caller's
    /// to dispose of.
    /// </summary>
    public IReadOnlyList<IImageChecker> Checkers { get; init; } = [];

    /// <summary>
    /// A folder in which the UNet, and other networks of 64 MB and more, are kept as ONNX Runtime has optimised them for this processor, so
    /// that they load several times faster from the second time on; it takes the disk space of the weights and a third more, for every set of
    /// features, and nothing in it is ever deleted. Its weights are mapped: pipelines of one model that name the same folder, each with its own
    /// <see cref="WeightDelta"/> or none, hold what they have in common once, in memory as on disk. Null, the default: nothing is kept, and
    /// every pipeline holds all. Only those who may change the model should be able to write to the folder. CPU only.
    /// </summary>
    public string? CacheFolder { get; init; }

    /// <summary>Makes the noise of the picture with a seed; PyTorch's CPU generator by default, since that is how seeds are shared.</summary>
    public Func<long, INoiseSource> NoiseSource { get; init; } = static seed => new TorchNoise(seed);

    /// <summary>Where warnings are logged besides the report; none by default.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Told what is loaded, network by network, while a model is; nobody by default. A large model takes a minute.</summary>
    public IProgress<LoadProgress>? LoadProgress { get; init; }

    /// <summary>The clock of the report's times.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal GenerationTools ToTools() => new()
    {
        MaxUNetRows = MaxUNetRows,
        NoiseSource = NoiseSource,
        Checkers = Checkers,
        TimeProvider = TimeProvider,
    };

    internal ModelSettings ToModelSettings() => new()
    {
        Provider = new(Provider, Threads),
        AttentionFeatures = AttentionFeatures,
        DetectionLayers = DetectionLayers,
        FuseAttention = FuseAttention,
        Quantization = Quantization,
        CacheFolder = CacheFolder,
        ChangedWeights = WeightDelta is { Delta: { } delta } weights ? delta.For(weights.AllowOtherModel) : null,
        Loading = LoadProgress is { } progress ? (network, done, total) => progress.Report(new(network, done, total)) : null,
    };

    /// <summary>These options, with what a policy needs of the UNet's cross-attention and weights besides; for several policies, call it for each.</summary>
    /// <exception cref="InvalidPolicyException">The policy reads other layers, or names another weight delta, than a policy before it.</exception>
    public PipelineOptions For(SafetyPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        bool reads = AttentionFeatures.HasFlag(AttentionFeatures.Detect);
        LayerSelection layers = policy.Requirements.DetectionLayers ?? DetectionLayers;
        if (reads && layers != DetectionLayers)
        {
            throw new InvalidPolicyException("protections", $"read the {layers}, but the pipeline is to read the {DetectionLayers}. Load a pipeline for each.");
        }
        FineTunedWeights? weights = policy.Protections.OfType<FineTunedWeights>().SingleOrDefault();
        if (weights is not null && WeightDelta is { } other && other.Delta.Hash != weights.Delta.Hash)
        {
            throw new InvalidPolicyException("protections", $"name the weight delta {weights.Delta.Hash[..12]}, but the pipeline is to be loaded with {other.Delta.Hash[..12]}. Load a pipeline for each.");
        }
        return this with { WeightDelta = weights ?? WeightDelta, AttentionFeatures = AttentionFeatures | policy.Requirements.Features, DetectionLayers = layers };
    }
}
