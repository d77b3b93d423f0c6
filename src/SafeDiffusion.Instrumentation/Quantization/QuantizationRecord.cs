using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Quantization;

/// <summary>What a UNet's metadata says of its quantisation.</summary>
/// <param name="BaseModelHash">The <see cref="WeightsHash"/> of text encoder and UNet as they were before, in hexadecimal.</param>
/// <param name="ModelHash">That of text encoder and UNet as they were written: where it no longer holds, neither does what the record says. Empty for a UNet in memory.</param>
/// <param name="Layers">How many layers run in whole numbers.</param>
/// <param name="FloatLayers">How many that could do so were left.</param>
/// <param name="Tool">What wrote it, with its version.</param>
public sealed record QuantizationRecord(string BaseModelHash, string ModelHash, int Layers, int FloatLayers, string Tool)
{
    internal const string Key = "safediffusion.quantization";
    private const int CurrentVersion = 1;

    /// <summary>The version of this record's form.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Reads it; null for a UNet that was not quantised by this library.</summary>
    /// <exception cref="InvalidFileException">The metadata is damaged or of a later version.</exception>
    public static QuantizationRecord? Of(OnnxModelFile model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!model.Metadata.TryGetValue(Key, out string? json)) return null;
        try
        {
            QuantizationRecord? read = JsonSerializer.Deserialize(json, QuantizationJson.Default.QuantizationRecord);
            if (read is { Version: CurrentVersion, BaseModelHash.Length: > 0, ModelHash: not null }) return read;
        }
        catch (JsonException error)
        {
            throw Damaged(model, error);
        }
        throw Damaged(model, null);
    }

    internal void WriteTo(ModelProto model)
    {
        foreach (StringStringEntryProto entry in model.MetadataProps.Where(entry => entry.Key == Key).ToArray()) model.MetadataProps.Remove(entry);
        model.MetadataProps.Add(new StringStringEntryProto { Key = Key, Value = JsonSerializer.Serialize(this, QuantizationJson.Default.QuantizationRecord) });
    }

    private static InvalidFileException Damaged(OnnxModelFile model, Exception? cause) =>
        new(model.Path, $"its metadata '{Key}' is damaged or of another version; quantise anew, from the model as it was exported", cause);
}

/// <summary>How the metadata is written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(QuantizationRecord))]
internal sealed partial class QuantizationJson : JsonSerializerContext;
