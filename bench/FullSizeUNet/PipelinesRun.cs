using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using SafeDiffusion;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.FineTuned;

namespace FullSizeUNet;

/// <summary>What several pipelines of one model take in memory, all but the first with weight deltas in their cross-attention.</summary>
internal static class PipelinesRun
{
    public static async Task RunAsync(string file, int count, string? cache, int size, int threads, Action<string> print)
    {
        string folder = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(file)))!;
        List<SafeDiffusionPipeline> pipelines = [];
        double before = ProcessMemory.OwnMegabytes;
        print($"before: own {before:0} MB");
        for (int i = 0; i < count; i++)
        {
            long began = Stopwatch.GetTimestamp();
            PipelineOptions options = new() { Threads = threads, CacheFolder = cache, WeightDelta = i == 0 ? null : Scaled(folder, 1 + i / 10f) };
            SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(folder, options);
            pipelines.Add(pipeline);
            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            await pipeline.GetWeightsHashAsync();
            GC.Collect();
            string loaded = string.Create(CultureInfo.InvariantCulture, $"loaded in {seconds:0.0} s, own {ProcessMemory.OwnMegabytes:0} MB");
            GenerationResult result = await pipeline.GenerateAsync(new GenerationRequest("a red circle") { Steps = 1, Width = 8 * size, Height = 8 * size, KeepLatents = true });
            print(string.Create(CultureInfo.InvariantCulture, $"{i + 1} pipelines: {loaded}, after a step {ProcessMemory.OwnMegabytes:0} MB, peak {ProcessMemory.PeakMegabytes:0} MB, latents {result.Latents!.Final.ToSingles().Sum():G9}"));
        }
        foreach (SafeDiffusionPipeline pipeline in pipelines) await pipeline.DisposeAsync();
    }

    /// <summary>A delta of all keys and values of cross-attention.</summary>
    private static FineTunedWeights Scaled(string folder, float factor)
    {
        OnnxModelFile unet = OnnxModelFile.Load(Path.Combine(folder, "unet", "model.onnx"));
        IReadOnlyDictionary<string, OnnxTensor> initializers = new OnnxGraph(unet).Initializers;
        Dictionary<string, StoredTensor> weights = UNetInstrumentation.Analyze(unet).CrossAttention
            .SelectMany(layer => new[] { layer.Key.Initializer!, layer.Value.Initializer! })
            .ToDictionary(name => name, name => StoredTensor.FromSingles([.. MemoryMarshal.Cast<byte, float>(initializers[name].ReadBytes().Span).ToArray().Select(value => factor * value)], [.. initializers[name].Shape]));
        return new() { Delta = new WeightDelta(new() { Concept = "measured", BaseModelHash = new string('0', 64), Tool = "bench" }, weights), AllowOtherModel = true };
    }
}
