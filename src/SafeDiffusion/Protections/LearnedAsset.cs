using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Protections;

/// <summary>A small file that was learned for a concept and a model, which a protection acts with. Immutable.</summary>
/// <param name="identity">The concept, and the model that it was learned with.</param>
[JsonRange(JsonRanges.Path)]
public abstract class LearnedAsset(AssetIdentity identity)
{
    /// <summary>The concept, and the model that it was learned with.</summary>
    public AssetIdentity Identity { get; } = identity ?? throw new ArgumentNullException(nameof(identity));

    /// <summary>The SHA-256 of what it does, in hexadecimal; not of what it tells of its learning.</summary>
    public abstract string Hash { get; }

    /// <summary>The text width D that the model must have; null where any will do.</summary>
    public virtual int? ModelTextWidth => null;

    /// <summary>The file that it was read from; null for one made in memory.</summary>
    public string? Path { get; protected init; }

    private protected const string TrainingKey = "training";

    private protected const string MeasuredKey = "measured";

    /// <summary>The metadata with what the asset tells of its learning, as JSON.</summary>
    private protected static ImmutableSortedDictionary<string, string> WithDetails(ImmutableSortedDictionary<string, string> metadata, JsonObject? training, JsonObject? measured)
    {
        if (training is not null) metadata = metadata.Add(TrainingKey, training.ToJsonString());
        return measured is null ? metadata : metadata.Add(MeasuredKey, measured.ToJsonString());
    }

    /// <summary>What a file's metadata tells under a key, as JSON; null where there is none.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="InvalidOperationException">It is no JSON object.</exception>
    private protected static JsonObject? ReadDetails(IReadOnlyDictionary<string, string> metadata, string key)
    {
        if (!metadata.TryGetValue(key, out string? json)) return null;
        StrictJson.RequireUnicode(json);
        return JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false })?.AsObject();
    }
}

/// <summary>A learned asset that a policy can name by its file.</summary>
/// <typeparam name="T">The asset's own type.</typeparam>
public interface ILoadableAsset<T>
    where T : LearnedAsset, ILoadableAsset<T>
{
    /// <summary>Reads the asset.</summary>
    /// <exception cref="Core.Errors.InvalidFileException">The file is missing, damaged, or an asset of another kind.</exception>
    static abstract T Load(string path);
}
