using System.Globalization;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace FullSizeUNet;

/// <summary>Which layers run fused: <c>fused</c>, <c>switch</c>, <c>self-N</c>, <c>cross-N</c>.</summary>
internal static class FusionChoice
{
    public static bool Knows(string part) => part is "fused" or "switch" || Least(part, "self-") is not null || Least(part, "cross-") is not null;

    public static OnnxModelFile Fuse(OnnxModelFile model, string[] parts, Workload workload)
    {
        if (parts.Contains("switch")) return UNetFusion.FuseBySize(model);
        int self = parts.Contains("fused") ? UNetFusion.DefaultMinPositions : parts.Select(part => Least(part, "self-")).FirstOrDefault(n => n is not null) ?? int.MaxValue;
        int cross = parts.Select(part => Least(part, "cross-")).FirstOrDefault(n => n is not null) ?? int.MaxValue;
        return UNetFusion.Fuse(model, analysis => analysis.SelfAttention.Where(layer => Positions(layer) >= self)
            .Concat(analysis.CrossAttention.Where(layer => Positions(layer) >= cross)));

        long Positions(AttentionLayer layer) => (long)workload.Height * workload.Width / layer.GridFactor / layer.GridFactor;
    }

    private static int? Least(string part, string prefix) =>
        part.StartsWith(prefix, StringComparison.Ordinal) ? int.Parse(part[prefix.Length..], CultureInfo.InvariantCulture) : null;
}
