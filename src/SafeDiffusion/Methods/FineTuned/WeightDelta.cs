using System.Globalization;
using System.Security.Cryptography;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.FineTuned;

/// <summary>
/// What fine-tuning has changed of a UNet, by its initializers' names: each weight whole, or what is added to it, or two factors of that.
/// Immutable; a <c>.safetensors</c> file for one export of one model.
/// </summary>
/// <remarks>
/// A tensor <c>W</c> stands in the weight's place; <c>W::difference</c> is added to it; <c>W::up [rows, rank]</c> times
/// <c>W::down [rank, columns]</c> is added to it.
/// </remarks>
public sealed class WeightDelta : LearnedAsset, ILoadableAsset<WeightDelta>
{
    /// <summary>What follows a weight's name where the tensor is added to it.</summary>
    public const string DifferenceSuffix = "::difference";

    /// <summary>What follows a weight's name where the tensor is the left factor of what is added.</summary>
    public const string UpSuffix = "::up";

    /// <summary>What follows a weight's name where the tensor is the right factor of what is added.</summary>
    public const string DownSuffix = "::down";

    private const string Kind = "weight-delta";
    private const string ErrorKey = "error";

    /// <summary>Makes a delta.</summary>
    /// <param name="identity">The concept, and the model that was fine-tuned, as it was before.</param>
    /// <param name="weights">The stored tensors by name, float32 or float16; at least one.</param>
    /// <param name="error">What storing has lost: the Euclidean norm of that, over all weights, as a share of the whole change's; null where nothing was.</param>
    /// <exception cref="ArgumentException">There is none, one is of another type or holds a value that is not finite, a weight is given twice, or factors do not fit each other.</exception>
    public WeightDelta(AssetIdentity identity, IReadOnlyDictionary<string, StoredTensor> weights, double? error = null)
        : base(identity)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Count == 0) throw new ArgumentException("A weight delta changes no weight.", nameof(weights));
        foreach ((string name, StoredTensor weight) in weights)
        {
            if (weight.Type is not (ElementType.F32 or ElementType.F16)) throw new ArgumentException($"The weight '{name}' is {weight}; float32 and float16 can be applied.", nameof(weights));
            if (!weight.ToSingles().All(float.IsFinite)) throw new ArgumentException($"The weight '{name}' holds a value that is not a finite number.", nameof(weights));
        }
        if (error is { } lost && !(lost >= 0 && double.IsFinite(lost))) throw new ArgumentException("The error is no number of at least 0.", nameof(error));
        Weights = weights;
        Error = error;
        Updates = weights.GroupBy(pair => Initializer(pair.Key)).ToDictionary(parts => parts.Key, parts => Update(parts.Key, parts.ToDictionary()));
        using SHA256 hash = SHA256.Create();
        using (CryptoStream stream = new(Stream.Null, hash, CryptoStreamMode.Write)) new SafeTensorsFile(weights).Write(stream);
        Hash = Convert.ToHexStringLower(hash.Hash!);
    }

    /// <summary>The stored tensors by name.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Weights { get; }

    /// <summary>The initializers that are changed.</summary>
    public IEnumerable<string> Changed => Updates.Keys;

    /// <summary>What storing has lost of the change, as a share of its Euclidean norm; null where nothing was.</summary>
    public double? Error { get; }

    /// <inheritdoc/>
    public override string Hash { get; }

    /// <summary>What becomes of each weight, by initializer.</summary>
    internal IReadOnlyDictionary<string, WeightUpdate> Updates { get; }

    /// <inheritdoc/>
    public static WeightDelta Load(string path)
    {
        SafeTensorsFile file = SafeTensorsFile.Load(path);
        AssetIdentity identity = AssetIdentity.Read(path, Kind, file.Metadata);
        double? error = null;
        if (file.Metadata.TryGetValue(ErrorKey, out string? text))
        {
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)) throw new InvalidFileException(path, $"is damaged: its metadata '{ErrorKey}' is '{text}'");
            error = value;
        }
        try
        {
            return new WeightDelta(identity, file.Tensors, error) { Path = path };
        }
        catch (ArgumentException fault)
        {
            throw new InvalidFileException(path, $"is damaged: {fault.Message}", fault);
        }
    }

    /// <summary>Writes the delta.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path)
    {
        var metadata = Identity.ToMetadata(Kind);
        new SafeTensorsFile(Weights, Error is { } error ? metadata.Add(ErrorKey, error.ToString("R", CultureInfo.InvariantCulture)) : metadata).Save(path);
    }

    /// <summary>The new weights of a UNet, computed one by one.</summary>
    internal ChangedWeights For(bool allowOtherModel = false) => new(Path ?? "the weight delta", Hash, Identity.BaseModelHash, allowOtherModel, Updates);

    private static string Initializer(string name) =>
        new[] { DifferenceSuffix, UpSuffix, DownSuffix }.FirstOrDefault(suffix => name.EndsWith(suffix, StringComparison.Ordinal)) is { } suffix ? name[..^suffix.Length] : name;

    private static WeightUpdate Update(string name, Dictionary<string, StoredTensor> parts)
    {
        WeightUpdate update = new()
        {
            Whole = parts.GetValueOrDefault(name),
            Difference = parts.GetValueOrDefault(name + DifferenceSuffix),
            Up = parts.GetValueOrDefault(name + UpSuffix),
            Down = parts.GetValueOrDefault(name + DownSuffix),
        };
        bool areFactors = update is { Whole: null, Difference: null, Up.Shape: [_, var rank], Down.Shape: [var same, _] } && rank == same && rank > 0;
        bool isOne = parts.Count == 1 && (update.Whole ?? update.Difference) is not null;
        return areFactors || isOne ? update : throw new ArgumentException($"The weight '{name}' is given as {string.Join(" and ", parts.Select(part => $"'{part.Key}' ({part.Value})"))}; it whole, a difference, or two factors of one rank are needed.");
    }
}
