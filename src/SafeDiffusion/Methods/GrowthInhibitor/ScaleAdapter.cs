using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>
/// GIE's adapter: a small network that tells a token's suppression scale from what the unsuppressed attention responds to it in each of the
/// L inhibited layers, <c>L → 64 → 32 → 1</c> with ReLU between. Immutable; a <c>.safetensors</c> file.
/// </summary>
public sealed class ScaleAdapter : LearnedAsset, ILoadableAsset<ScaleAdapter>
{
    private const string Kind = "adapter";
    private const string PresetKey = "preset";
    private const int FirstWidth = 64;
    private const int SecondWidth = 32;
    private const int MaxLayers = 1024;
    private readonly Linear[] _layers;

    /// <summary>Makes an adapter.</summary>
    /// <param name="identity">The concepts, and the model that it was learned with.</param>
    /// <param name="weights">The six tensors <c>fc1.weight [64, L]</c>, <c>fc1.bias [64]</c>, <c>fc2.weight [32, 64]</c>, <c>fc2.bias [32]</c>, <c>fc3.weight [1, 32]</c>, <c>fc3.bias [1]</c>, as PyTorch's linear layers have them.</param>
    /// <exception cref="InvalidFileException">One is missing, of another shape, or holds a value that is not finite.</exception>
    public ScaleAdapter(AssetIdentity identity, SafeTensorsFile weights)
        : base(identity)
    {
        ArgumentNullException.ThrowIfNull(weights);
        StoredTensor first = weights.Get("fc1.weight", [FirstWidth, -1]);
        if (first.Shape[1] is < 1 or > MaxLayers) throw new InvalidFileException("fc1.weight", $"is {first}; its columns are the inhibited layers, 1 to {MaxLayers}.");
        Layers = (int)first.Shape[1];
        _layers = [new(weights, "fc1", FirstWidth, Layers), new(weights, "fc2", SecondWidth, FirstWidth), new(weights, "fc3", 1, SecondWidth)];
        using MemoryStream stream = new();
        ToFile().Write(stream);
        Hash = Convert.ToHexStringLower(SHA256.HashData(stream.ToArray()));
    }

    /// <summary>L, the inhibited layers that it reads.</summary>
    public int Layers { get; }

    /// <summary>The settings that it answers for: a scale of one preset is none of another's. Null for an adapter that does not say.</summary>
    public GrowthInhibitorPreset? Preset { get; init; }

    /// <summary>What it was learned from and how, as the learner told it; null for an adapter that does not say.</summary>
    public JsonObject? Training { get; init; }

    /// <summary>How well it does on pictures held out from learning; null for an adapter that does not say.</summary>
    public JsonObject? Measured { get; init; }

    /// <inheritdoc/>
    public override string Hash { get; }

    /// <inheritdoc/>
    public static ScaleAdapter Load(string path)
    {
        SafeTensorsFile file = SafeTensorsFile.Load(path);
        AssetIdentity identity = AssetIdentity.Read(path, Kind, file.Metadata);
        try
        {
            return new ScaleAdapter(identity, file)
            {
                Preset = ReadPreset(path, file.Metadata),
                Training = ReadDetails(file.Metadata, TrainingKey),
                Measured = ReadDetails(file.Metadata, MeasuredKey),
                Path = path,
            };
        }
        catch (Exception error) when (error is InvalidFileException or ArgumentException or InvalidOperationException or KeyNotFoundException or JsonException)
        {
            throw new InvalidFileException(path, $"is no adapter that can be read: {error.Message}", error);
        }
    }

    /// <summary>Writes the adapter.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path) => ToFile().Save(path);

    /// <summary>The suppression scale of a token; below 0 where there is nothing to suppress.</summary>
    /// <param name="responses">The mean unsuppressed attention to it in each inhibited layer, <c>[L]</c>.</param>
    /// <exception cref="ArgumentException">There are not <see cref="Layers"/> responses.</exception>
    public float Scale(ReadOnlySpan<float> responses)
    {
        if (responses.Length != Layers) throw new ArgumentException($"{responses.Length} responses are given; the adapter reads {Layers} layers.", nameof(responses));
        float[] values = responses.ToArray();
        for (int i = 0; i < _layers.Length; i++)
        {
            values = _layers[i].Apply(values);
            if (i < _layers.Length - 1) TensorPrimitives.Max(values, 0f, values);
        }
        return values[0];
    }

    private SafeTensorsFile ToFile()
    {
        ImmutableSortedDictionary<string, string> metadata = WithDetails(Identity.ToMetadata(Kind), Training, Measured);
        if (Preset is { } preset) metadata = metadata.Add(PresetKey, Name(preset));
        return new(_layers.SelectMany(layer => layer.Tensors).ToDictionary(), metadata);
    }

    private static string Name(GrowthInhibitorPreset preset) => preset.ToString().ToLowerInvariant();

    private static GrowthInhibitorPreset? ReadPreset(string path, IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue(PresetKey, out string? name)) return null;
        foreach (GrowthInhibitorPreset preset in Enum.GetValues<GrowthInhibitorPreset>())
        {
            if (Name(preset) == name) return preset;
        }
        throw new InvalidFileException(path, $"answers for the preset '{name}', which this library does not know.");
    }

    /// <summary>A linear layer <c>y = W x + b</c>.</summary>
    private sealed class Linear
    {
        private readonly string _name;
        private readonly float[] _weight;
        private readonly float[] _bias;

        public Linear(SafeTensorsFile file, string name, int outputs, int inputs)
        {
            _name = name;
            _weight = Values(file, $"{name}.weight", [outputs, inputs]);
            _bias = Values(file, $"{name}.bias", [outputs]);
        }

        public IEnumerable<KeyValuePair<string, StoredTensor>> Tensors =>
        [
            new($"{_name}.weight", StoredTensor.FromSingles(_weight, _bias.Length, _weight.Length / _bias.Length)),
            new($"{_name}.bias", StoredTensor.FromSingles(_bias, _bias.Length)),
        ];

        public float[] Apply(float[] input)
        {
            float[] output = new float[_bias.Length];
            for (int i = 0; i < output.Length; i++) output[i] = _bias[i] + TensorPrimitives.Dot<float>(_weight.AsSpan(i * input.Length, input.Length), input);
            return output;
        }

        private static float[] Values(SafeTensorsFile file, string name, ReadOnlySpan<long> shape)
        {
            float[] values = file.Get(name, shape).ToSingles();
            return values.All(float.IsFinite) ? values : throw new InvalidFileException(name, "holds a value that is not a finite number.");
        }
    }
}
