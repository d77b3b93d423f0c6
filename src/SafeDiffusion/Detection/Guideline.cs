using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Detection;

/// <summary>
/// A guideline (Li et al., CVPR 2025): tokens, learned from a few pictures, that turn the UNet's cross-attention into a detector of a
/// concept, with the calibration of their scores. Immutable; a <c>.safetensors</c> file of a few kilobytes.
/// </summary>
public sealed class Guideline : LearnedAsset, ILoadableAsset<Guideline>
{
    private const string Kind = "guideline";
    private const int MaxTokens = 1024;
    private const int MaxBands = 1000;
    private const int MaxTimestep = 1 << 24;

    /// <summary>A score is linear in the token; that of a token of root mean square 1 stays far below.</summary>
    private const double FarthestScore = 1000;

    private const string SynonymsKey = "synonyms";
    private const string InsteadKey = "instead";
    private const string HighKey = "redraw_high";
    private const string LowKey = "redraw_low";
    private const string NearKey = "redraw_near";
    private const string FinishedKey = "redraw_finished";

    private readonly float[] _embeddings;
    private readonly float[] _background;
    private readonly Lazy<string> _hash;

    /// <summary>Makes a guideline.</summary>
    /// <param name="identity">The concept, and the model that it was learned with.</param>
    /// <param name="embeddings">The tokens, <c>[K, D]</c> with D the model's text width.</param>
    /// <param name="textWidth">D.</param>
    /// <param name="background">A token <c>[D]</c> whose score is subtracted from the others' first; empty for none.</param>
    /// <param name="layers">The cross-attention layers that were read.</param>
    /// <param name="calibration">The calibration, from timestep 0 up.</param>
    /// <exception cref="ArgumentException">Sizes do not fit each other, a value is not finite, or the bands are not in order.</exception>
    public Guideline(
        AssetIdentity identity, float[] embeddings, int textWidth, float[] background, LayerSelection layers,
        ImmutableArray<CalibrationBand> calibration)
        : base(identity)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        ArgumentNullException.ThrowIfNull(background);
        ArgumentNullException.ThrowIfNull(layers);
        TextWidth = textWidth;
        Layers = layers;
        Calibration = calibration;
        TokenCount = textWidth > 0 ? embeddings.Length / textWidth : 0;
        _embeddings = [.. embeddings];
        _background = [.. background];
        if (Fault(embeddings, background) is { } fault) throw new ArgumentException($"A guideline {fault}", nameof(embeddings));
        Values = [.. MeanToken(), .. background];
        _hash = new(() => Convert.ToHexStringLower(SHA256.HashData(ToBytes())));
    }

    /// <summary>K, the number of tokens.</summary>
    public int TokenCount { get; }

    /// <summary>D, values per token.</summary>
    public int TextWidth { get; }

    /// <summary>The tokens, <c>[K, D]</c>.</summary>
    public ReadOnlySpan<float> Embeddings => _embeddings;

    /// <summary>The background token, <c>[D]</c>; empty for none.</summary>
    public ReadOnlySpan<float> Background => _background;

    /// <summary>The cross-attention layers that are read.</summary>
    public LayerSelection Layers { get; }

    /// <summary>The calibration, from timestep 0 up; at least one band.</summary>
    public ImmutableArray<CalibrationBand> Calibration { get; }

    /// <summary>What it was learned from and how, as the learner told it; null for a guideline that does not say.</summary>
    public JsonObject? Training { get; init; }

    /// <summary>How well it separates on pictures held out from learning; null for a guideline that does not say.</summary>
    public JsonObject? Measured { get; init; }

    /// <inheritdoc/>
    public override int? ModelTextWidth => TextWidth;

    /// <summary>From where on a picture is begun again that shows the concept (<c>detect-and-redraw</c>); null for a guideline that was learned without.</summary>
    /// <exception cref="ArgumentException">A threshold is one that no score of its tokens comes near.</exception>
    public RedrawThresholds? Redrawing
    {
        get;
        init
        {
            double farthest = Farthest(_embeddings, _background);
            if (value is not null && value.All.Any(at => at.Score > farthest)) throw new ArgumentException("A guideline has a redraw threshold which no score of its tokens comes near: it would never detect anything.", nameof(value));
            field = value;
        }
    }

    /// <summary>Other words for the concept, which spell it in a prompt as its own do.</summary>
    public ImmutableArray<string> Synonyms { get; init; } = [];

    /// <summary>What is best drawn in the concept's place, such as <c>a green star</c>; null for a guideline that does not say.</summary>
    public string? Instead { get; init; }

    /// <summary>The SHA-256 of its tokens, calibration, thresholds, words, layers and identity, in hexadecimal; not of what it tells of its learning.</summary>
    public override string Hash => _hash.Value;

    /// <summary>
    /// What the UNet is asked for, <c>[1 (+ 1), D]</c>: the tokens' mean, whose score is the mean of their scores, for a score is linear in its
    /// token; and the background. One array, so that it is asked for once.
    /// </summary>
    internal float[] Values { get; }

    internal bool HasBackground => _background.Length > 0;

    /// <summary>The calibration at a timestep.</summary>
    public CalibrationBand BandAt(int timestep)
    {
        int band = Calibration.Length - 1;
        while (band > 0 && Calibration[band].FromTimestep > timestep) band--;
        return Calibration[band];
    }

    /// <summary>Reads a guideline.</summary>
    /// <exception cref="InvalidFileException">The file is missing, damaged, or no guideline.</exception>
    public static Guideline Load(string path)
    {
        SafeTensorsFile file = SafeTensorsFile.Load(path);
        AssetIdentity identity = AssetIdentity.Read(path, Kind, file.Metadata);
        StoredTensor embedding = file.Get("embedding", [-1, -1]);
        StoredTensor calibration = file.Get("calibration", [-1, 3]);
        if (embedding.Shape[0] > MaxTokens || calibration.Shape[0] > MaxBands) throw new InvalidFileException(path, $"has more than {MaxTokens} tokens or {MaxBands} bands.");
        float[] bands = Singles("calibration");
        if (bands.Chunk(3).Any(band => band[0] is not (>= 0 and < MaxTimestep) || !float.IsInteger(band[0]))) throw new InvalidFileException(path, "has a calibration band that begins at no timestep.");
        try
        {
            return new Guideline(
                identity, Singles("embedding"), (int)embedding.Shape[1], file.Tensors.ContainsKey("background") ? Singles("background", embedding.Shape[1]) : [],
                LayerSelection.Parse(file.Metadata.GetValueOrDefault("layers", "")),
                [.. bands.Chunk(3).Select(band => new CalibrationBand((int)band[0], band[1], band[2]))])
            {
                Training = ReadDetails(file.Metadata, TrainingKey),
                Measured = ReadDetails(file.Metadata, MeasuredKey),
                Redrawing = Thresholds(),
                Synonyms = Words(),
                Instead = file.Metadata.GetValueOrDefault(InsteadKey),
                Path = path,
            };
        }
        catch (Exception error) when (error is ArgumentException or FormatException or JsonException or InvalidOperationException)
        {
            throw new InvalidFileException(path, $"is damaged: {error.Message}", error);
        }

        float[] Singles(string name, params ReadOnlySpan<long> shape) => (shape.IsEmpty ? file[name] : file.Get(name, shape)).Type == ElementType.F32
            ? file[name].ToSingles()
            : throw new InvalidFileException(path, $"has '{name}' as {file[name].Type}; F32 is needed.");

        RedrawThresholds? Thresholds()
        {
            if (!new[] { HighKey, LowKey, NearKey, FinishedKey }.Any(file.Tensors.ContainsKey)) return null;
            return new(ReadThresholds(HighKey), ReadThresholds(LowKey), file.Tensors.ContainsKey(NearKey) ? ReadThresholds(NearKey) : default)
            {
                Finished = file.Tensors.ContainsKey(FinishedKey) ? ReadThresholds(FinishedKey, 1)[0] : null,
            };
        }

        ImmutableArray<ScoreThreshold> ReadThresholds(string name, int count = -1)
        {
            if (!file.Tensors.ContainsKey(name)) throw new InvalidFileException(path, $"has redraw thresholds without '{name}'.");
            if (file.Get(name, [count, 2]).Shape[0] > MaxBands) throw new InvalidFileException(path, $"has more than {MaxBands} redraw thresholds.");
            float[] values = Singles(name);
            if (values.Chunk(2).Any(pair => pair[0] is not (>= 0 and < MaxTimestep) || !float.IsInteger(pair[0]))) throw new InvalidFileException(path, "has a redraw threshold at no timestep.");
            return [.. values.Chunk(2).Select(pair => new ScoreThreshold((int)pair[0], pair[1]))];
        }

        ImmutableArray<string> Words() => file.Metadata.TryGetValue(SynonymsKey, out string? json) ? [.. TellAll(json)] : [];
    }

    private static IEnumerable<string> TellAll(string json)
    {
        StrictJson.RequireUnicode(json);
        return JsonNode.Parse(json) is JsonArray array ? array.Select(word => word!.GetValue<string>()) : throw new FormatException("its synonyms are no list.");
    }

    /// <summary>Writes the guideline, whole or not at all. The same guideline gives the same bytes.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path) => ToFile(Training, Measured).Save(path);

    private SafeTensorsFile ToFile(JsonObject? training, JsonObject? measured)
    {
        Dictionary<string, StoredTensor> tensors = new()
        {
            ["embedding"] = StoredTensor.FromSingles(Embeddings, TokenCount, TextWidth),
            ["calibration"] = StoredTensor.FromSingles(
                [.. Calibration.SelectMany(band => new[] { band.FromTimestep, band.Floor, band.Ceiling })], Calibration.Length, 3),
        };
        if (HasBackground) tensors["background"] = StoredTensor.FromSingles(Background, TextWidth);
        ImmutableSortedDictionary<string, string> metadata = Identity.ToMetadata(Kind).Add("layers", Layers.Text);
        if (Redrawing is not null)
        {
            tensors[HighKey] = Stored(Redrawing.High);
            tensors[LowKey] = Stored(Redrawing.Low);
            if (Redrawing.Near != Redrawing.High) tensors[NearKey] = Stored(Redrawing.Near);
            if (Redrawing.Finished is { } finished) tensors[FinishedKey] = Stored([finished]);
        }
        if (!Synonyms.IsDefaultOrEmpty) metadata = metadata.Add(SynonymsKey, new JsonArray([.. Synonyms.Select(word => JsonValue.Create(word))]).ToJsonString());
        if (Instead is not null) metadata = metadata.Add(InsteadKey, Instead);
        return new SafeTensorsFile(tensors, WithDetails(metadata, training, measured));

        static StoredTensor Stored(ImmutableArray<ScoreThreshold> thresholds) =>
            StoredTensor.FromSingles([.. thresholds.SelectMany(at => new[] { at.Timestep, at.Score })], thresholds.Length, 2);
    }

    private byte[] ToBytes()
    {
        using MemoryStream stream = new();
        ToFile(null, null).Write(stream);
        return stream.ToArray();
    }

    private string? Fault(float[] embeddings, float[] background)
    {
        if (TextWidth < 1 || embeddings.Length == 0 || embeddings.Length % TextWidth != 0) return $"of {embeddings.Length} values is no number of tokens of width {TextWidth}.";
        if (background.Length != 0 && background.Length != TextWidth) return $"has a background of {background.Length} values; {TextWidth} are needed.";
        if (Calibration.IsDefaultOrEmpty || Calibration[0].FromTimestep != 0) return "needs a calibration that begins at timestep 0.";
        if (!embeddings.All(float.IsFinite) || !background.All(float.IsFinite)) return "holds a value that is not a finite number.";
        double farthest = Farthest(embeddings, background);
        for (int i = 0; i < Calibration.Length; i++)
        {
            (int from, float floor, float ceiling) = Calibration[i];
            if (i > 0 && from <= Calibration[i - 1].FromTimestep) return "has calibration bands that are not in order.";
            if (!float.IsFinite(floor) || !float.IsFinite(ceiling) || floor >= ceiling) return $"has a calibration from {floor} to {ceiling}; a ceiling above the floor is needed.";
            if (ceiling > farthest) return $"has a calibration up to {ceiling}, which no score of its tokens comes near (at most about {farthest:0}): it would never detect anything.";
        }
        return null;
    }

    /// <summary>Summed in double precision, so that of one token it is that token and of huge ones none that is too large.</summary>
    private float[] MeanToken()
    {
        double[] sum = new double[TextWidth];
        for (int i = 0; i < _embeddings.Length; i++) sum[i % TextWidth] += _embeddings[i];
        return [.. sum.Select(value => (float)(value / TokenCount))];
    }

    /// <summary>A bound of the tokens' mean score, less the background's.</summary>
    private double Farthest(float[] embeddings, float[] background) =>
        FarthestScore * (embeddings.Chunk(TextWidth).Average(Size) + (background.Length == 0 ? 0 : Size(background)));

    private static double Size(float[] token) => Math.Sqrt(token.Average(value => (double)value * value));
}
