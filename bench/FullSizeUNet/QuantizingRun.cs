using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Quantization;

namespace FullSizeUNet;

/// <summary>Quantises a UNet or VAE decoder by the ranges that its values have on latents of random numbers: for time and memory, not for pictures.</summary>
internal static class QuantizingRun
{
    /// <summary>Runs the float network once, and writes down the ranges of all values that matter.</summary>
    /// <returns>What it took, in a line.</returns>
    public static string Observe(string file, string ranges, SessionOptions options, Workload workload)
    {
        long began = Stopwatch.GetTimestamp();
        OnnxModelFile model = OnnxModelFile.Load(file);
        string[] values = [.. Layers(model).SelectMany(layer => layer.NeedsOutputRange ? new[] { layer.Input, layer.Value } : [layer.Input]).Distinct()];
        Dictionary<string, ValueRange> seen = [];
        using (MeasuredSession session = new("observed", MeasuredSession.IsDecoder(model) ? DecoderQuantization.Observe(model, values) : UNetQuantization.Observe(model, values), options, workload, null))
            session.Observe((value, numbers) => seen[value] = new(TensorPrimitives.Min(numbers), TensorPrimitives.Max(numbers)));
        File.WriteAllText(ranges, JsonSerializer.Serialize(seen));
        return string.Create(CultureInfo.InvariantCulture, $"observed {seen.Count} values in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s; peak {ProcessMemory.PeakMegabytes:0} MB");
    }

    /// <summary>Writes the UNet with all layers in whole numbers.</summary>
    /// <returns>What it took, in a line.</returns>
    public static string Write(string file, string ranges, string folder)
    {
        long began = Stopwatch.GetTimestamp();
        OnnxModelFile model = OnnxModelFile.Load(file);
        Dictionary<string, ValueRange> seen = JsonSerializer.Deserialize<Dictionary<string, ValueRange>>(File.ReadAllText(ranges))!;
        QuantizedLayer[] layers = [.. Layers(model).Select(layer => new QuantizedLayer(layer.Value, seen[layer.Input], layer.NeedsOutputRange ? seen[layer.Value] : null))];
        string target = Path.Combine(folder, Path.GetFileName(file));
        if (MeasuredSession.IsDecoder(model)) DecoderQuantization.Write(model, layers, "random", "FullSizeUNet", target);
        else UNetQuantization.Write(model, model, layers, "random", "FullSizeUNet", target);
        return string.Create(CultureInfo.InvariantCulture,
            $"quantised {layers.Length} layers in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s, {Environment.CpuUsage.TotalTime.TotalSeconds:0.0} s of processor time, {new DirectoryInfo(folder).EnumerateFiles().Sum(written => written.Length) / 1e6:0} MB written; peak {ProcessMemory.PeakMegabytes:0} MB");
    }

    private static IReadOnlyList<QuantizableLayer> Layers(OnnxModelFile model) => MeasuredSession.IsDecoder(model) ? DecoderQuantization.Layers(model) : UNetQuantization.Layers(model);
}
