using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SafeDiffusion.Reporting;

/// <summary>What a user's own telemetry can listen to; nothing is sent anywhere.</summary>
internal static class Telemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "SafeDiffusion";

    private static readonly Meter _meter = new(Name);

    /// <summary>One activity per generation, <c>generate</c>.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>Pictures drawn.</summary>
    public static Counter<long> Images { get; } = _meter.CreateCounter<long>("safediffusion.images", "{image}");

    /// <summary>UNet rows evaluated.</summary>
    public static Counter<long> Rows { get; } = _meter.CreateCounter<long>("safediffusion.unet.rows", "{row}");

    /// <summary>The time of a generation.</summary>
    public static Histogram<double> Duration { get; } = _meter.CreateHistogram<double>("safediffusion.generation.duration", "s");
}
