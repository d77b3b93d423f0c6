using System.Diagnostics;
using System.Text.Json;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Benchmarking;

/// <summary>What loading a variant and running it cost a process that does nothing else.</summary>
/// <param name="LoadSeconds">From the graph file to a session that can run.</param>
/// <param name="PeakBytes">The most memory that was resident; null where the system does not tell.</param>
public sealed record VariantCost(double LoadSeconds, long? PeakBytes)
{
    /// <summary>Some allocations come with the second and the third step only.</summary>
    private const int Steps = 3;

    /// <summary>Measures in this process, whose peak is that of all it has done before.</summary>
    /// <exception cref="SafeDiffusionException">The UNet cannot be loaded or run.</exception>
    public static VariantCost Measure(string folder, UNetVariant variant, PipelineOptions options, UNetWorkload workload, CancellationToken cancellationToken)
    {
        using UNetUnderTest unet = new(folder, variant, options, workload);
        unet.Run(Steps, cancellationToken);
        using Process process = Process.GetCurrentProcess();
        return new VariantCost(unet.LoadSeconds, process.PeakWorkingSet64 is > 0 and var peak ? peak : null);
    }

    /// <summary>The figures as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>What <see cref="ToJson"/> has written; null for anything else.</summary>
    public static VariantCost? FromJson(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<VariantCost>(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
