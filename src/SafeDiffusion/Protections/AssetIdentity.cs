using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Protections;

/// <summary>What every learned asset says of itself, in its file's metadata.</summary>
public sealed record AssetIdentity
{
    private const string KindKey = "kind";
    private const string VersionKey = "version";
    private const string ConceptKey = "concept";
    private const string ModelKey = "base_model";
    private const string ToolKey = "tool";
    private const string Version = "1";

    /// <summary>The concept in words, as the asset was learned for it.</summary>
    public required string Concept { get; init; }

    /// <summary>The SHA-256 of the text encoder's and the UNet's weights that it was learned with, in hexadecimal.</summary>
    public required string BaseModelHash { get; init; }

    /// <summary>What made it, with its version.</summary>
    public required string Tool { get; init; }

    /// <summary>Reads it from a file's metadata.</summary>
    /// <exception cref="InvalidFileException">The file is no asset of this kind, or of a version that this library does not read.</exception>
    public static AssetIdentity Read(string path, string kind, IReadOnlyDictionary<string, string> metadata)
    {
        if (Text(KindKey) != kind) throw new InvalidFileException(path, $"is an asset of kind '{Text(KindKey)}'; '{kind}' is needed.");
        if (Text(VersionKey) != Version) throw new InvalidFileException(path, $"is of version {Text(VersionKey)}; this library reads version {Version}.");
        return new() { Concept = Text(ConceptKey), BaseModelHash = Text(ModelKey), Tool = Text(ToolKey) };

        string Text(string key) => metadata.TryGetValue(key, out string? text) && text.Length > 0
            ? text
            : throw new InvalidFileException(path, $"is no asset of SafeDiffusion: its metadata has no '{key}'.");
    }

    /// <summary>The metadata that <see cref="Read"/> reads.</summary>
    public ImmutableSortedDictionary<string, string> ToMetadata(string kind) => ImmutableSortedDictionary<string, string>.Empty
        .Add(KindKey, kind)
        .Add(VersionKey, Version)
        .Add(ConceptKey, Concept)
        .Add(ModelKey, BaseModelHash)
        .Add(ToolKey, Tool);
}
