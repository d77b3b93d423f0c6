using Fuzz.Engine;
using Fuzz.Forms;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Tests;

namespace Fuzz.Targets;

/// <summary>ONNX graphs: read, analysed, instrumented, fused. Nothing is given to ONNX Runtime.</summary>
internal static class GraphTargets
{
    private const string Name = "fuzz.onnx";

    private static readonly string[] _exports =
        ["attention23", "dynamo18", "fp16-io16", "fp16-io32", "fp16-upcast", "fused-mha", "fused-packed", "legacy14-merged", "legacy14-sdpa", "optimum", "sd2-linear"];

    public static IEnumerable<FuzzTarget> All()
    {
        yield return new("graph", () => Enum.GetValues<Writing>().Select(writing => new MiniUNet(writing).Build().ToBytes()), GraphForm.Instance, ReadWhole);
        yield return new("graph-exported", () => _exports.Select(name => Repository.Read("graphs", name, "unet", "model.onnx")), GraphForm.Instance, ReadWhole);
        yield return new("graph-full-size", () => [Repository.Read("sd-v1-structure", "unet", "model.onnx"), Repository.Read("sd-v1-structure", "unet-merged", "model.onnx")], GraphForm.Instance, ReadStructure);
    }

    private static void ReadWhole(byte[] input)
    {
        OnnxModelFile model = new(Name, ModelParser.Read(Name, input));
        Readings.All(() => ExternalData.CheckPresence(Name, model.Proto), () => WeightsHash.Compute([model]), () => ReadStructure(model));
    }

    /// <summary>The full-size UNet's weights are not in the repository.</summary>
    private static void ReadStructure(byte[] input) => ReadStructure(new OnnxModelFile(Name, ModelParser.Read(Name, input)));

    private static void ReadStructure(OnnxModelFile model) => Readings.All(
        () => ExternalData.CheckPaths(Name, model.Proto),
        () => _ = (model.Exporter, model.OperatorCounts, model.WithoutCpuKernel, model.HoldsHalfPrecision),
        () => NetworkSizes.Channels(model, "sample"),
        () => NetworkSizes.TextWidth(model),
        () => UNetInstrumentation.Analyze(model),
        () => UNetInstrumentation.RecordOf(model),
        () => ModelParser.Read(Name, UNetInstrumentation.Instrument(model, AttentionFeatures.All, LayerSelection.All).ToBytes()),
        () => UNetFusion.FuseBySize(model, 1),
        () => UNetFusion.Fuse(model, 64, 64, 1));
}
