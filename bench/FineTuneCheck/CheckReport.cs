using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.FineTuning.Native;

namespace FineTuneCheck;

/// <summary>What a run found, as one JSON.</summary>
internal sealed class CheckReport(AutogradDevice device, int threads)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The most that losses may differ, relative: sums in another order, over some updates.</summary>
    public const double Tolerance = 1e-2;

    public string System { get; } = RuntimeInformation.OSDescription;

    public int Cores { get; } = Environment.ProcessorCount;

    public int Threads { get; } = threads;

    public AutogradDevice Device { get; } = device;

    /// <summary>Each update's loss on the CPU and on the device.</summary>
    public List<LossPair> Losses { get; } = [];

    public List<StepTimes> Steps { get; } = [];

    public double LargestDifference => Losses.Count == 0 ? double.NaN : Losses.Max(pair => Math.Abs(pair.Device - pair.Cpu) / Math.Max(1e-6, Math.Abs(pair.Cpu)));

    /// <summary>Whether the device trains as the CPU does.</summary>
    public bool Agrees => LargestDifference <= Tolerance;

    public string ToJson() => JsonSerializer.Serialize(this, _json);
}

/// <summary>An update's loss.</summary>
internal sealed record LossPair(string Method, int Update, double Cpu, double Device);

/// <summary>What a training step took: forward, backward and AdamW over TRCE's weights; least of the measured steps.</summary>
/// <param name="Model">The model.</param>
/// <param name="Rows">Rows of the batch.</param>
/// <param name="LatentSize">Height and width of the latents.</param>
internal sealed record StepTimes(string Model, int Rows, int LatentSize)
{
    /// <summary>In how many pieces activations are computed again; null where they are kept.</summary>
    public int? RecomputedPieces { get; init; }

    /// <summary>Parameters that are trained, in millions.</summary>
    public double ParametersInMillions { get; init; }

    /// <summary>Steps that were measured, after two that warm up.</summary>
    public int Steps { get; init; }

    /// <summary>Forward with a tape, backward and AdamW.</summary>
    public double StepMilliseconds { get; init; }

    /// <summary>The slowest of them.</summary>
    public double SlowestMilliseconds { get; init; }

    /// <summary>The forward alone, without a tape.</summary>
    public double ForwardMilliseconds { get; init; }

    /// <summary>One forward of the same batch by ONNX Runtime on the CPU, in the same run, before and after the steps.</summary>
    public double OnnxRuntimeMilliseconds { get; init; }

    /// <summary>The step as a multiple of that.</summary>
    public double Multiple => StepMilliseconds / OnnxRuntimeMilliseconds;

    /// <summary>The largest resident set of the process so far, in MB.</summary>
    public double PeakMegabytes { get; init; }

    /// <summary>The GPU's memory that is taken after the steps, in MB.</summary>
    public int? GpuMegabytes { get; init; }
}
