namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: Stable Diffusion v1.4 at full size, without its weights (where the structure is at hand).</summary>
public sealed class FullSizeTests
{
    [Theory]
    [InlineData("unet")]
    [InlineData("unet-merged")]
    public void Full(string name)
    {
        string path = $"/work/shared/models/sd-v1-structure/{name}/model.onnx";
        long before = GC.GetTotalAllocatedBytes(true);
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        OnnxModelFile model = OnnxModelFile.LoadStructure(path);
        Console.WriteLine($"load {watch.ElapsedMilliseconds} ms");
        UNetAnalysis analysis = UNetInstrumentation.Analyze(model);
        Console.WriteLine($"analyse {watch.ElapsedMilliseconds} ms");
        OnnxModelFile edited = UNetInstrumentation.Instrument(model, AttentionFeatures.All);
        byte[] bytes = edited.ToBytes();
        Console.WriteLine($"{name}: {watch.ElapsedMilliseconds} ms, allocated {(GC.GetTotalAllocatedBytes(true) - before) / 1e6:F1} MB, heap {GC.GetTotalMemory(false) / 1e6:F1} MB, {new FileInfo(path).Length} -> {bytes.Length} bytes, nodes {model.NodeCount} -> {edited.NodeCount}");
        foreach (AttentionLayer layer in analysis.CrossAttention)
            Console.WriteLine($"{layer.Index} {layer.Name} {layer.Grid} {layer.Width} {layer.Heads}x{layer.HeadWidth} {layer.Scale:F5} {layer.Form} k={layer.Key.Initializer} o={layer.Output?.Initializer}");
        Console.WriteLine($"self {analysis.SelfAttention.Count}");
        Assert.Equal(16, analysis.CrossAttention.Count);
    }
}
