namespace Fuzz.Engine;

/// <summary>What one input may cost.</summary>
/// <param name="ProcessorTime">The process's time on processors, which does not depend on what else the machine does.</param>
/// <param name="AllocatedBytes">The managed memory that is asked for, whether it is given back or not.</param>
internal sealed record Bounds(TimeSpan ProcessorTime, long AllocatedBytes)
{
    public static Bounds Default { get; } = new(TimeSpan.FromSeconds(5), 512L << 20);
}
