using System.Security.Cryptography;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.FineTuned;

/// <summary>
/// What fine-tuning has changed of a UNet: the weights that differ, whole, by their initializers' names. Immutable; a
/// <c>.safetensors</c> file for one export of one model.
/// </summary>
public sealed class WeightDelta : LearnedAsset, ILoadableAsset<WeightDelta>
{
    private const string Kind = "weight-delta";

    /// <summary>Makes a delta.</summary>
    /// <param name="identity">The concept, and the model that was fine-tuned, as it was before.</param>
    /// <param name="weights">The changed weights by initializer, float32 or float16; at least one.</param>
    /// <exception cref="ArgumentException">There is none, one is of another type, or one holds a value that is not finite.</exception>
    public WeightDelta(AssetIdentity identity, IReadOnlyDictionary<string, StoredTensor> weights)
        : base(identity)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Count == 0) throw new ArgumentException("A weight delta changes no weight.", nameof(weights));
        foreach ((string name, StoredTensor weight) in weights)
        {
            if (weight.Type is not (ElementType.F32 or ElementType.F16)) throw new ArgumentException($"The weight '{name}' is {weight}; float32 and float16 can be applied.", nameof(weights));
            if (!weight.ToSingles().All(float.IsFinite)) throw new ArgumentException($"The weight '{name}' holds a value that is not a finite number.", nameof(weights));
        }
        Weights = weights;
        using SHA256 hash = SHA256.Create();
        using (CryptoStream stream = new(Stream.Null, hash, CryptoStreamMode.Write)) new SafeTensorsFile(weights).Write(stream);
        Hash = Convert.ToHexStringLower(hash.Hash!);
    }

    /// <summary>The changed weights by initializer.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Weights { get; }

    /// <inheritdoc/>
    public override string Hash { get; }

    /// <inheritdoc/>
    public static WeightDelta Load(string path)
    {
        SafeTensorsFile file = SafeTensorsFile.Load(path);
        AssetIdentity identity = AssetIdentity.Read(path, Kind, file.Metadata);
        try
        {
            return new WeightDelta(identity, file.Tensors) { Path = path };
        }
        catch (ArgumentException error)
        {
            throw new InvalidFileException(path, $"is damaged: {error.Message}", error);
        }
    }

    /// <summary>Writes the delta.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path) => new SafeTensorsFile(Weights, Identity.ToMetadata(Kind)).Save(path);
}
