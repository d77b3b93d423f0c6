using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Editing;

/// <summary>What an instrumented model's metadata says: what was added, and which values took others' places.</summary>
internal sealed record InstrumentationMetadata(InstrumentationRecord Record, Dictionary<string, string> Replaced)
{
    public const string Key = "safediffusion.instrumentation";
    private const int CurrentVersion = 3;

    public int Version { get; init; } = CurrentVersion;

    public static void Write(ModelProto model, InstrumentationMetadata metadata) => model.MetadataProps.Add(new StringStringEntryProto
    {
        Key = Key,
        Value = JsonSerializer.Serialize(metadata, MetadataJson.Default.InstrumentationMetadata),
    });

    /// <summary>Whether every feature that was added names the layers that have it.</summary>
    private static bool NamesLayers(InstrumentationRecord record)
    {
        return Names(AttentionFeatures.Detect, record.DetectionLayers) && Names(AttentionFeatures.Reweight, record.ReweightedLayers)
            && Names(AttentionFeatures.Inhibit, record.InhibitedLayers);

        bool Names(AttentionFeatures feature, IReadOnlyList<string> layers) =>
            !record.Features.HasFlag(feature) || layers.Count > 0 && !layers.Any(string.IsNullOrWhiteSpace);
    }

    /// <exception cref="InvalidFileException">The metadata is damaged or of a later version.</exception>
    public static InstrumentationMetadata? Read(OnnxModelFile model)
    {
        if (!model.Metadata.TryGetValue(Key, out string? json))
            return null;
        try
        {
            InstrumentationMetadata? metadata = JsonSerializer.Deserialize(json, MetadataJson.Default.InstrumentationMetadata);
            if (metadata is { Version: CurrentVersion, Record: { DetectionLayers: not null, ReweightedLayers: not null, InhibitedLayers: not null }, Replaced: not null })
                return NamesLayers(metadata.Record) ? metadata : throw new JsonException("a feature names no layers");
        }
        catch (JsonException error)
        {
            throw new InvalidFileException(model.Path, $"its metadata '{Key}' is damaged; start again from the model as it was exported", error);
        }
        throw new InvalidFileException(model.Path, $"its metadata '{Key}' is of another version; start again from the model as it was exported");
    }
}

/// <summary>How the metadata is written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(InstrumentationMetadata))]
internal sealed partial class MetadataJson : JsonSerializerContext;
