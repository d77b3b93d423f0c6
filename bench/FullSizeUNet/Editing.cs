using System.Diagnostics;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;

namespace FullSizeUNet;

/// <summary>A variant of the model, with what making it took.</summary>
internal sealed record Editing(OnnxModelFile Model, double Seconds, double AllocatedMegabytes, double PeakMegabytes)
{
    /// <summary>Reads the graph and makes a variant of it: <c>plain</c>, ways of fusing and features, parted by <c>+</c>.</summary>
    public static Editing Of(string file, string variant, Workload workload)
    {
        string[] parts = variant.Split('+');
        string[] fusions = [.. parts.Where(part => FusionChoice.Knows(part))];
        AttentionFeatures features = parts.Except(fusions).Where(part => part != "plain")
            .Aggregate(AttentionFeatures.None, (all, part) => all | Enum.Parse<AttentionFeatures>(part, ignoreCase: true));
        GC.Collect();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        using HeapPeak peak = new();
        long began = Stopwatch.GetTimestamp();
        OnnxModelFile model = OnnxModelFile.Load(file);
        if (fusions.Length > 0) model = FusionChoice.Fuse(model, fusions, workload);
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
