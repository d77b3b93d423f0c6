using System.Diagnostics;
using System.Globalization;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Baking;
using SafeDiffusion.Instrumentation.Onnx;

namespace FullSizeUNet;

/// <summary>Bakes an erasure of random numbers into the UNet, and measures that.</summary>
internal static class BakingRun
{
    /// <returns>What it took, in a line.</returns>
    public static string Of(string file, string folder)
    {
        long began = Stopwatch.GetTimestamp();
        OnnxModelFile model = OnnxModelFile.Load(file);
        int width = UNetInstrumentation.Analyze(model).TextWidth;
        Random random = new(0);
        TextMatrix matrix = new([.. Enumerable.Range(0, width * width).Select(i => (i % (width + 1) == 0 ? 1 : 0) + (random.NextSingle() - 0.5f) / width)], width);
        int weights = UNetBaking.Write(model, matrix, new BakedErasures("random", [new("random", "random")], "FullSizeUNet"), Path.Combine(folder, Path.GetFileName(file)));
        return string.Create(CultureInfo.InvariantCulture,
            $"baked {weights} weights in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s, {Environment.CpuUsage.TotalTime.TotalSeconds:0.0} s of processor time, {new DirectoryInfo(folder).EnumerateFiles().Sum(written => written.Length) / 1e6:0} MB written; peak {ProcessMemory.PeakMegabytes:0} MB");
    }
}
