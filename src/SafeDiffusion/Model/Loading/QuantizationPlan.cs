using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Instrumentation.Quantization;

namespace SafeDiffusion.Model.Loading;

/// <summary>Which layers of a UNet, and of its VAE decoder where that was asked for, run in 8-bit whole numbers, with the ranges that were observed of them and what each costs in accuracy. Immutable.</summary>
public sealed record QuantizationPlan
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "quantization.json";

    private const int CurrentVersion = 1;
    private const int MaxBytes = 64 << 20;
    private static readonly JsonSerializerOptions _json = StrictJson.CreateOptions(StrictJson.EnumNames());

    /// <summary>The version of the file's form.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The SHA-256 of the text encoder's and the UNet's weights that it is for, in hexadecimal.</summary>
    public required string BaseModelHash { get; init; }

    /// <summary>What made it, with its version.</summary>
    public required string Tool { get; init; }

    /// <summary>The timesteps at which the ratios of layers and groups were measured, the noisiest first; empty where they were not.</summary>
    public required IReadOnlyList<int> Timesteps { get; init; }

    /// <summary>Those at which the ratio of the whole was measured.</summary>
    public required IReadOnlyList<int> HeldTimesteps { get; init; }

    /// <summary>Every layer that could run in whole numbers, in the order of evaluation.</summary>
    public required IReadOnlyList<PlannedLayer> Layers { get; init; }

    /// <summary>What layers cost together, role by role.</summary>
    public required IReadOnlyList<GroupSensitivity> Groups { get; init; }

    /// <summary>Power of the noise prediction over that of its error with the layers of this plan, in decibels, at each of <see cref="HeldTimesteps"/>; on prompts that nothing was chosen by.</summary>
    public required IReadOnlyList<double> SignalToNoise { get; init; }

    /// <summary>The same over all timesteps: of the mean ratio of error to signal, each weighted by how much noise is left there (1 - ᾱ).</summary>
    public required double MeanSignalToNoise { get; init; }

    /// <summary>The VAE decoder's layers; null where it stays as it is.</summary>
    public DecoderPlan? VaeDecoder { get; init; }

    /// <summary>Reads a plan.</summary>
    /// <exception cref="InvalidFileException">The file is missing or damaged.</exception>
    public static QuantizationPlan Load(string path)
    {
        try
        {
            QuantizationPlan? plan = StrictJson.Read<QuantizationPlan>(BoundedFile.ReadText(path, MaxBytes), _json);
            if (plan is { Version: CurrentVersion, Layers.Count: > 0, VaeDecoder: null or { Layers.Count: > 0 } }) return plan;
        }
        catch (JsonException error)
        {
            throw new InvalidFileException(path, $"is no plan of a quantisation: {error.Message}", error);
        }
        throw new InvalidFileException(path, "is no plan of a quantisation, or one of another version. Quantise the model anew.");
    }

    /// <summary>Writes the plan, whole or not at all.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, _json));

    /// <summary>The layers that are to run in whole numbers.</summary>
    internal IReadOnlyList<QuantizedLayer> Quantized => PlannedLayer.Quantized(Layers);
}

/// <summary>A layer in a plan.</summary>
/// <param name="Name">Its node's name.</param>
/// <param name="Value">The value that it makes, by which it is known.</param>
/// <param name="Role">What it does.</param>
/// <param name="IsQuantized">Whether it runs in whole numbers; otherwise it stays float.</param>
/// <param name="Weights">How many weights it has.</param>
/// <param name="Share">Its share of the multiplications of all layers that could be quantised.</param>
/// <param name="Input">The range of what it reads.</param>
/// <param name="Output">The range of what it makes; null where that is not rounded.</param>
/// <param name="SignalToNoise">Power of the noise prediction over that of its error where this layer alone is quantised, in decibels, at every timestep; empty where that was not measured.</param>
public sealed record PlannedLayer(
    string Name, string Value, LayerRole Role, bool IsQuantized, long Weights, double Share, ValueRange Input, ValueRange? Output, IReadOnlyList<double> SignalToNoise)
{
    /// <summary>Those that are to run in whole numbers.</summary>
    internal static IReadOnlyList<QuantizedLayer> Quantized(IEnumerable<PlannedLayer> layers) =>
        [.. layers.Where(layer => layer.IsQuantized).Select(layer => new QuantizedLayer(layer.Value, layer.Input, layer.Output))];
}

/// <summary>What the layers of a role cost together.</summary>
/// <param name="Role">The role.</param>
/// <param name="Layers">How many there are.</param>
/// <param name="SignalToNoise">Power of the noise prediction over that of its error where these layers alone are quantised, in decibels, at every timestep.</param>
public sealed record GroupSensitivity(LayerRole Role, int Layers, IReadOnlyList<double> SignalToNoise);
