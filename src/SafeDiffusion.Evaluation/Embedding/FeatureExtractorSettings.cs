using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Settings;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Embedding;

/// <summary>An ONNX network that makes a vector of a picture, for distances between sets of pictures.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record FeatureExtractorSettings
{
    /// <summary>The network, relative to the suite's folder.</summary>
    [JsonRequired]
    public string Model { get; init; } = "";

    /// <summary>What the network reads.</summary>
    [JsonRequired]
    public ImageInput Input { get; init; } = null!;

    /// <summary>The output's name, <c>[B, D]</c>, or <c>[B, D, 1, 1]</c>; null where the network has only one.</summary>
    public string? Output { get; init; }

    /// <summary>Checks every setting; files are not looked at.</summary>
    /// <param name="check">Names the settings in errors, and makes the errors.</param>
    public void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.RequireInside(Model, nameof(Model));
        check.RequireInput(Input, nameof(Input));
    }

    /// <summary>Loads the network.</summary>
    /// <param name="folder">The folder that the settings' paths begin in: the suite's.</param>
    /// <param name="provider">What runs the network.</param>
    /// <param name="threads">Threads of one network call; null leaves it to ONNX Runtime.</param>
    /// <exception cref="InvalidRequestException">A setting is out of its range.</exception>
    /// <exception cref="InvalidFileException">A file is missing, damaged, or does not fit the settings.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    public OnnxFeatureExtractor Create(string folder, ExecutionProvider provider = ExecutionProvider.Cpu, int? threads = null)
    {
        Validate(FieldCheck.OfRequest("features"));
        return OnnxFeatureExtractor.Load(this, folder, provider, threads);
    }

    /// <summary>Reads settings from JSON, strictly.</summary>
    /// <exception cref="InvalidRequestException">The text is not such settings, or a setting is out of its range.</exception>
    public static FeatureExtractorSettings Parse(string json)
    {
        FeatureExtractorSettings settings = SettingsJson.Parse<FeatureExtractorSettings>(json, "features");
        settings.Validate(FieldCheck.OfRequest("features"));
        return settings;
    }

    /// <summary>The settings as JSON.</summary>
    public string ToJson() => SettingsJson.Write(this);
}
