using Fuzz.Engine;
using Fuzz.Forms;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Tests;

namespace Fuzz.Targets;

/// <summary>ONNX graphs: read, analysed, instrumented, fused. Nothing is given to ONNX Runtime.</summary>
internal static class GraphTargets
{
    private static readonly string[] _exports =
        ["attention23", "dynamo18", "fp16-io16", "fp16-io32", "fp16-upcast", "fused-mha", "fused-packed", "legacy14-merged", "legacy14-sdpa", "optimum", "sd2-linear"];

    public static IEnumerable<FuzzTarget> All()
    {
        yield return new("graph", () => Enum.GetValues<Writing>().Select(writing => new MiniUNet(writing).Build().ToBytes()), GraphForm.Instance, Read);
        yield return new("graph-exported", () => _exports.Select(name => Repository.Read("graphs", name, "unet", "model.onnx")), GraphForm.Instance, Read);
        yield return new("graph-full-size", () => [Repository.Read("sd-v1-structure", "unet", "model.onnx"), Repository.Read("sd-v1-structure", "unet-merged", "model.onnx")], GraphForm.Instance, Read);
    }

    private static void Read(byte[] input)
    {
        // The folder of the fixture, so that external data is looked for where there is some.
        string path = Fixture.Locate("sd-v1-structure", "unet", "fuzz.onnx");
        OnnxModelFile model = new(path, ModelParser.Read(path, input));
        Readings.All(
            () => ExternalData.CheckPaths(path, model.Proto),
            () => ExternalData.CheckPresence(path, model.Proto),
            () => _ = (model.Exporter, model.OperatorCounts, model.WithoutCpuKernel, model.HoldsHalfPrecision),
            () => WeightsHash.Compute([model]),
            () => NetworkSizes.Channels(model, "sample"),
            () => NetworkSizes.TextWidth(model),
            () => UNetInstrumentation.Analyze(model),
            () => UNetInstrumentation.RecordOf(model),
            () => ModelParser.Read(path, UNetInstrumentation.Instrument(model, AttentionFeatures.All, LayerSelection.All).ToBytes()),
            () => UNetFusion.FuseBySize(model, 1),
            () => UNetFusion.Fuse(model, 64, 64, 1));
    }
}
