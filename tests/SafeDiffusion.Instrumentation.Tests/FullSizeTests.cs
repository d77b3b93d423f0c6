using System.Diagnostics;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>
/// Graph: Stable Diffusion v1.4 at full size, without its weights. The structure lies beside the repository (<c>../shared/models</c>); where
/// it does not, there is nothing to test.
/// </summary>
public sealed class FullSizeTests
{
    private static readonly string _folder = Path.Combine(GraphFixtures.Root, "..", "..", "..", "..", "shared", "models", "sd-v1-structure");

    [Theory]
    [InlineData("unet")]
    [InlineData("unet-merged")]
    public void Editing_is_quick_and_small_and_finds_every_layer(string name)
    {
        string path = Path.Combine(_folder, name, "model.onnx");
        if (!File.Exists(path))
            return;
        long before = GC.GetAllocatedBytesForCurrentThread();
        Stopwatch watch = Stopwatch.StartNew();
        OnnxModelFile model = OnnxModelFile.LoadStructure(path);
        OnnxModelFile edited = UNetInstrumentation.Instrument(model, AttentionFeatures.All);
        int length = edited.ToBytes().Length;
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
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
