using System.Diagnostics;
using SafeDiffusion.Core.Errors;

namespace Fuzz.Engine;

/// <summary>What came of one input.</summary>
/// <param name="Error">What was thrown; null for an input that was accepted.</param>
/// <param name="ProcessorTime">What it took.</param>
/// <param name="AllocatedBytes">What it asked for.</param>
internal readonly record struct Outcome(Exception? Error, TimeSpan ProcessorTime, long AllocatedBytes)
{
    public bool IsRefusal => Error is SafeDiffusionException { Message.Length: > 0 };

    /// <summary>Feeds a target with an input.</summary>
    public static Outcome Of(FuzzTarget target, byte[] input)
    {
        Exception? error = null;
        TimeSpan began = Environment.CpuUsage.TotalTime;
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Read(input);
        }
        catch (Exception thrown)
        {
            error = thrown;
        }
        return new Outcome(error, Environment.CpuUsage.TotalTime - began, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Why it is a failure; null where it is none.</summary>
    public string? Failure(Bounds bounds)
    {
        if (Error is not null && !IsRefusal) return $"{Error.GetType().Name} at {Place(Error)}";
        if (AllocatedBytes > bounds.AllocatedBytes) return $"more than {bounds.AllocatedBytes >> 20} MB allocated";
        return ProcessorTime > bounds.ProcessorTime ? $"more than {bounds.ProcessorTime.TotalSeconds} s of processor time" : null;
    }

    /// <summary>The innermost method of ours.</summary>
    private static string Place(Exception error)
    {
        IEnumerable<string> methods = new StackTrace(error).GetFrames().Select(frame => frame.GetMethod())
            .Where(method => method?.DeclaringType?.FullName?.StartsWith("SafeDiffusion.", StringComparison.Ordinal) == true)
            .Select(method => $"{method!.DeclaringType!.FullName}.{method.Name}");
        return methods.FirstOrDefault("no method of SafeDiffusion");
    }
}
