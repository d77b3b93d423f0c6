using System.Diagnostics;
using SafeDiffusion.Instrumentation;

namespace FullSizeUNet;

/// <summary>A variant of the model, with what making it took.</summary>
internal sealed record Editing(OnnxModelFile Model, double Seconds, double AllocatedMegabytes, double PeakMegabytes)
{
    /// <summary>Reads the graph and adds a variant's features: <c>plain</c>, <c>fused</c> and features, parted by <c>+</c>.</summary>
    public static Editing Of(string file, string variant, Workload workload)
    {
        string[] parts = variant.Split('+');
        int minPositions = parts.Contains("fused") ? UNetFusion.DefaultMinPositions : parts.Contains("fused-all") ? 1 : int.MaxValue;
        AttentionFeatures features = parts.Where(part => part != "plain" && !part.StartsWith("fused", StringComparison.Ordinal))
            .Aggregate(AttentionFeatures.None, (all, part) => all | Enum.Parse<AttentionFeatures>(part, ignoreCase: true));
        GC.Collect();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        using HeapPeak peak = new();
        long began = Stopwatch.GetTimestamp();
        OnnxModelFile model = OnnxModelFile.Load(file);
        if (minPositions < int.MaxValue) model = UNetFusion.Fuse(model, workload.Height, workload.Width, minPositions);
        if (features != AttentionFeatures.None) model = UNetInstrumentation.Instrument(model, features);
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return new Editing(model, seconds, (GC.GetTotalAllocatedBytes(precise: true) - allocated) / 1e6, (peak.Bytes - before) / 1e6);
    }

    /// <summary>Looks at the managed heap every few milliseconds.</summary>
    private sealed class HeapPeak : IDisposable
    {
        private readonly Timer _timer;
        private long _bytes;

        public HeapPeak() => _timer = new Timer(_ => Look(), null, 0, 5);

        public long Bytes
        {
            get
            {
                Look();
                return Volatile.Read(ref _bytes);
            }
        }

        public void Dispose() => _timer.Dispose();

        private void Look()
        {
            long now = GC.GetTotalMemory(forceFullCollection: false);
            if (now > Volatile.Read(ref _bytes)) Volatile.Write(ref _bytes, now);
        }
    }
}
