using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph layer: Stable Diffusion v1.4's UNet at full size, without its weights, which editing never reads.</summary>
public sealed class FullSizeTests
{
    [Theory]
    [InlineData("unet")]
    [InlineData("unet-merged")]
    public void Editing_allocates_little_and_finds_every_layer(string name)
    {
        string path = Fixture.Locate("sd-v1-structure", name, "model.onnx");
        long before = GC.GetAllocatedBytesForCurrentThread();
        OnnxModelFile model = OnnxModelFile.LoadStructure(path);
        OnnxModelFile edited = UNetInstrumentation.Instrument(model, AttentionFeatures.All);
        int length = edited.ToBytes().Length;
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 300_000_000);
        Assert.InRange(length, 0, new FileInfo(path).Length + 400_000);

        UNetAnalysis analysis = UNetInstrumentation.Analyze(edited);
        Assert.Equal([1, 1, 2, 2, 4, 4, 8, 4, 4, 4, 2, 2, 2, 1, 1, 1], analysis.CrossAttention.Select(layer => layer.GridFactor));
        Assert.Equal([320, 320, 640, 640, 1280, 1280, 1280, 1280, 1280, 1280, 640, 640, 640, 320, 320, 320], analysis.CrossAttention.Select(layer => layer.Width));
        Assert.All(analysis.CrossAttention, layer => Assert.Equal(8, layer.Heads));
        Assert.Equal(16, analysis.SelfAttention.Count);
        Assert.Equal(768, analysis.TextWidth);
        Assert.Equal(10, analysis.Instrumentation!.DetectionLayers.Count);
        GraphChecker.Check(edited);
    }
}
