using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Tracing;

namespace SafeDiffusion.Instrumentation.Analysis;

/// <summary>Knows which fused operators ONNX Runtime has for CUDA only.</summary>
internal static class CpuKernels
{
    private static readonly string[] _cudaOnly =
    [
        "com.microsoft.GroupNorm", "com.microsoft.SkipGroupNorm", "com.microsoft.NhwcConv", "com.microsoft.BiasAdd", "com.microsoft.BiasSplitGelu",
    ];

    public static IReadOnlyList<string> Missing(OnnxModelFile model, IEnumerable<AttentionCore> cross)
    {
        IEnumerable<string> known = _cudaOnly.Where(model.OperatorCounts.ContainsKey);
        return cross.Any(core => core.Form == AttentionForm.PackedMultiHead)
            ? [.. known, "com.microsoft.MultiHeadAttention with packed keys and values"]
            : [.. known];
    }
}
