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
