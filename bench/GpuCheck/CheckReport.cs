using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Core.Errors;

namespace GpuCheck;

/// <summary>What a run found, as one JSON.</summary>
internal sealed class CheckReport(Machine machine)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Whether all latents agreed, nothing computed on the processor unasked, and every variant ran.</summary>
    public bool Passed => Agreements.TrueForAll(agreement => agreement.Passed) && Scores.TrueForAll(scores => scores.Passed)
        && Placements.TrueForAll(placement => placement.Unasked.Count == 0)
        && Steps.TrueForAll(step => step.Error is null) && Failures.Count == 0;

    public Machine Machine { get; } = machine;

    public List<Agreement> Agreements { get; } = [];

    public List<ScoresAgreement> Scores { get; } = [];

    public List<Placement> Placements { get; } = [];

    public List<StepTimes> Steps { get; } = [];

    public List<string> Failures { get; } = [];

    /// <summary>Runs a part of the check; an error that ends it is a failure, and the rest goes on.</summary>
    public async Task TryAsync(string part, Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception error) when (error is SafeDiffusionException or OnnxRuntimeException or InvalidOperationException)
        {
            Failures.Add($"{part}: {error.Message}");
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, _json);
}

/// <summary>How far a provider's latents are from the CPU's in float32.</summary>
/// <param name="Case">What was drawn.</param>
/// <param name="Precision">The UNet's type.</param>
/// <param name="Provider">What ran it, as the report of the generation says.</param>
/// <param name="FirstStep">The root mean square of the difference after the first step, relative to that of the latents.</param>
/// <param name="FirstStepTolerance">The greatest of it allowed.</param>
/// <param name="Final">The same after the last step.</param>
/// <param name="FinalTolerance">The greatest of it allowed; none where thresholds decide.</param>
internal sealed record Agreement(
    string Case, string Precision, string Provider, double FirstStep, double FirstStepTolerance, double Final, double? FinalTolerance)
{
    public bool Passed => FirstStep <= FirstStepTolerance && Final <= (FinalTolerance ?? double.MaxValue);
}

/// <summary>How far one call of the shapes model's UNet with detection is from the CPU's in float32, relative root mean squares.</summary>
internal sealed record ScoresAgreement(string Precision, double Prediction, double DetectionScores, double Tolerance)
{
    public bool Passed => Prediction <= Tolerance && DetectionScores <= Tolerance;
}

/// <summary>Where ONNX Runtime has put a network's nodes.</summary>
/// <param name="Network">The network.</param>
/// <param name="Nodes">Nodes by provider.</param>
/// <param name="OnProcessor">Operators on the processor, with their number: shapes and positions.</param>
/// <param name="Unasked">Those of them that compute.</param>
internal sealed record Placement(string Network, IReadOnlyDictionary<string, int> Nodes, IReadOnlyDictionary<string, int> OnProcessor, IReadOnlyList<string> Unasked);

/// <summary>What steps of the full-size UNet took, in milliseconds: latents in, prediction out.</summary>
internal sealed record StepTimes(string Variant)
{
    public string? Precision { get; init; }

    public double? LoadSeconds { get; init; }

    public double? FirstMilliseconds { get; init; }

    public double? MedianMilliseconds { get; init; }

    public double? LeastMilliseconds { get; init; }

    public double? MostMilliseconds { get; init; }

    /// <summary>The root mean square of the difference from float32 without features, relative to that of the prediction.</summary>
    public double? Difference { get; init; }

    public int? GpuMegabytes { get; init; }

    public string? Error { get; init; }
}
