using System.Diagnostics;

namespace GpuCheck;

/// <summary>Times steps one by one, after the first and some that warm up.</summary>
internal static class StepTimer
{
    public static (StepTimes, float[]) Run(double loadSeconds, int steps, Action fill, Action step, Func<float[]> prediction)
    {
        fill();
        double first = Milliseconds(step);
        for (int i = 0; i < Workload.WarmUp; i++) step();
        double[] times = [.. Enumerable.Range(0, steps).Select(_ => Milliseconds(step))];
        int? memory = Machine.UsedMegabytes();
        Array.Sort(times);
        StepTimes result = new("")
        {
            LoadSeconds = loadSeconds,
            FirstMilliseconds = first,
            MedianMilliseconds = times[times.Length / 2],
            LeastMilliseconds = times[0],
            MostMilliseconds = times[^1],
            GpuMegabytes = memory,
        };
        return (result, prediction());
    }

    private static double Milliseconds(Action step)
    {
        long began = Stopwatch.GetTimestamp();
        step();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }
}
