using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Baking;

/// <summary>What a UNet's metadata says of the text erasures and the weight delta that its weights hold.</summary>
/// <param name="BaseModelHash">The <see cref="WeightsHash"/> of the model that they were baked into, in hexadecimal.</param>
/// <param name="Erasures">The erasures, in the order in which they act.</param>
/// <param name="Tool">What wrote them, with its version.</param>
public sealed record BakedErasures(string BaseModelHash, IReadOnlyList<BakedErasure> Erasures, string Tool)
{
    internal const string Key = "safediffusion.erasures";
    private const int CurrentVersion = 1;

    /// <summary>The version of this record's form.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Reads it; null for a model without baked erasures.</summary>
    /// <exception cref="InvalidFileException">The metadata is damaged or of a later version.</exception>
    public static BakedErasures? Of(OnnxModelFile model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!model.Metadata.TryGetValue(Key, out string? json)) return null;
        try
        {
            BakedErasures? read = JsonSerializer.Deserialize(json, BakedErasuresJson.Default.BakedErasures);
            if (read is { Version: CurrentVersion, BaseModelHash.Length: > 0, Erasures.Count: > 0 } && read.Erasures.All(IsWhole)) return read;
        }
        catch (JsonException error)
        {
            throw Damaged(model, error);
        }
        throw Damaged(model, null);
    }

    internal void WriteTo(ModelProto model) => model.MetadataProps.Add(new StringStringEntryProto
    {
        Key = Key,
        Value = JsonSerializer.Serialize(this, BakedErasuresJson.Default.BakedErasures),
    });

    private static bool IsWhole(BakedErasure? erasure) => erasure is { Concept.Length: > 0, Hash.Length: > 0 };

    private static InvalidFileException Damaged(OnnxModelFile model, Exception? cause) =>
        new(model.Path, $"its metadata '{Key}' is damaged or of another version; bake anew, from the model as it was exported", cause);
}

/// <summary>One erasure that a UNet's weights hold.</summary>
/// <param name="Concept">The concept in words.</param>
/// <param name="Hash">The SHA-256 of the erasure, in hexadecimal.</param>
public sealed record BakedErasure(string Concept, string Hash)
{
    /// <summary>Whether it is a weight delta, the result of fine-tuning, and no text erasure.</summary>
    public bool IsWeightDelta { get; init; }
}

/// <summary>How the metadata is written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BakedErasures))]
internal sealed partial class BakedErasuresJson : JsonSerializerContext;
