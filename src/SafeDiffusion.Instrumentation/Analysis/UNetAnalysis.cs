using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;

namespace SafeDiffusion.Instrumentation.Analysis;

/// <summary>The attention layers of a UNet.</summary>
public sealed record UNetAnalysis
{
    /// <summary>What seems to have made the model file.</summary>
    public required string Exporter { get; init; }

    /// <summary>The input of the latents.</summary>
    public required string SampleInput { get; init; }

    /// <summary>The input of the text states.</summary>
    public required string TextInput { get; init; }

    /// <summary>The text states' width D (768 for SD v1).</summary>
    public required int TextWidth { get; init; }

    /// <summary>The cross-attention layers in the order of evaluation (16 for SD v1).</summary>
    public required IReadOnlyList<AttentionLayer> CrossAttention { get; init; }

    /// <summary>The self-attention layers in the order of evaluation, as far as they are recognised.</summary>
    public required IReadOnlyList<AttentionLayer> SelfAttention { get; init; }

    /// <summary>Operators that ONNX Runtime's CPU provider has no kernel for; empty where it can run the graph.</summary>
    public required IReadOnlyList<string> OperatorsWithoutCpuKernel { get; init; }

    /// <summary>Whether ONNX Runtime's CPU provider can run the graph, as far as its operators tell.</summary>
    public bool RunsOnCpu => OperatorsWithoutCpuKernel.Count == 0;

    /// <summary>What has been added to the graph already; null for a model that is not instrumented.</summary>
    public required InstrumentationRecord? Instrumentation { get; init; }

    internal GraphIndex Graph { get; init; } = null!;

    internal Dictionary<string, Facts> Facts { get; init; } = null!;
}
