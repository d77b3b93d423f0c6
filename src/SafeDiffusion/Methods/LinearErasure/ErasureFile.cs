using System.Collections.Immutable;
using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;

namespace SafeDiffusion.Methods.LinearErasure;

/// <summary>
/// An erasure's file. Its metadata say by name of which form it is (<c>form</c>: <c>linear</c>, <c>kernel</c>; linear where nothing is said)
/// and by what it is gated (<c>gate</c>: <c>none</c>, <c>logistic</c>, <c>kernel</c>).
/// </summary>
internal sealed class ErasureFile(SafeTensorsFile file, string path)
{
    public const string Kind = "erasure";

    private const string FormKey = "form";
    private const string GateKey = "gate";
    private const string NullKey = "null_condition";
    private const string NamesKey = "names";
    private const string LearningKey = "learning";
    private const string Linear = "linear";
    private const string KernelName = "kernel";
    private const string Logistic = "logistic";
    private const string None = "none";
    private const string Projection = "projection";
    private const string GateWeights = "gate.weights";
    private const string GateLevels = "gate.levels";

    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web);

    public bool MapsNullCondition => OneOf(NullKey, "false", "true") == "true";

    public string Learning => file.Metadata.GetValueOrDefault(LearningKey, "");

    /// <summary>The tensors and metadata of an erasure; what it tells of its learning where asked for.</summary>
    public static SafeTensorsFile Of(ErasureProjection erasure, bool withLearning)
    {
        Dictionary<string, StoredTensor> tensors = [];
        if (erasure.Kernel is { } kernel) Add(tensors, "", kernel);
        else tensors[Projection] = StoredTensor.FromSingles(erasure.Matrix, erasure.TextWidth, erasure.TextWidth);
        if (erasure.Gate is { } gate)
        {
            if (gate.Kernel is null) tensors[GateWeights] = StoredTensor.FromSingles(gate.Weights, gate.TextWidth);
            else Add(tensors, "gate.", gate.Kernel);
            tensors[GateLevels] = StoredTensor.FromSingles([gate.Bias, gate.Threshold], 2);
        }
        ImmutableSortedDictionary<string, string> metadata = erasure.Identity.ToMetadata(Kind)
            .Add(FormKey, erasure.Form == ErasureForm.Linear ? Linear : KernelName)
            .Add(GateKey, erasure.Gate is null ? None : erasure.Gate.Kernel is null ? Logistic : KernelName);
        if (erasure.MapsNullCondition) metadata = metadata.Add(NullKey, "true");
        if (erasure.Names.Length > 0) metadata = metadata.Add(NamesKey, JsonSerializer.Serialize(erasure.Names, _options));
        if (withLearning && erasure.Learning.Length > 0) metadata = metadata.Add(LearningKey, erasure.Learning);
        return new(tensors, metadata);
    }

    /// <summary>The names, a JSON array of objects.</summary>
    public ImmutableArray<ErasedName> Names()
    {
        if (!file.Metadata.TryGetValue(NamesKey, out string? names)) return [];
        try
        {
            return JsonSerializer.Deserialize<ImmutableArray<ErasedName>>(names, _options);
        }
        catch (JsonException error)
        {
            throw new InvalidFileException(path, $"has {NamesKey} that are no list of names: {error.Message}", error);
        }
    }

    /// <summary>P with its width; empty where the form is another.</summary>
    public (float[] Matrix, int Width) Matrix()
    {
        if (OneOf(FormKey, Linear, KernelName) != Linear) return ([], 0);
        StoredTensor matrix = file.Get(Projection, [-1, -1]);
        if (matrix.Shape[0] != matrix.Shape[1] || matrix.Shape[0] > ErasureProjection.MaxWidth) throw new InvalidFileException(path, $"{Projection} is {matrix}; a square matrix of at most {ErasureProjection.MaxWidth} rows is needed.");
        return (matrix.ToSingles(), (int)matrix.Shape[0]);
    }

    /// <summary>The kernel map; null where the form is linear.</summary>
    public KernelMap? Kernel() => OneOf(FormKey, Linear, KernelName) == Linear ? null : Kernel("");

    /// <summary>The gate; null where there is none.</summary>
    public ErasureGate? Gate()
    {
        string gate = OneOf(GateKey, None, Logistic, KernelName);
        if (gate == None) return null;
        float[] levels = file.Get(GateLevels, [2]).ToSingles();
        return gate == Logistic ? new(file.Get(GateWeights, [-1]).ToSingles(), levels[0], levels[1]) : new(Kernel("gate."), levels[0], levels[1]);
    }

    private static void Add(Dictionary<string, StoredTensor> tensors, string prefix, KernelMap kernel)
    {
        tensors[$"{prefix}anchors"] = StoredTensor.FromSingles(kernel.AnchorValues, kernel.Anchors, kernel.Width);
        tensors[$"{prefix}coefficients"] = StoredTensor.FromSingles(kernel.Coefficients, kernel.Anchors, kernel.Outputs);
        tensors[$"{prefix}bandwidth"] = StoredTensor.FromSingles([kernel.Bandwidth], 1);
    }

    private KernelMap Kernel(string prefix)
    {
        StoredTensor anchors = file.Get($"{prefix}anchors", [-1, -1]);
        if (anchors.Shape[0] > KernelMap.MaxAnchors || anchors.Shape[1] > ErasureProjection.MaxWidth) throw new InvalidFileException(path, $"{prefix}anchors is {anchors}; at most [{KernelMap.MaxAnchors}, {ErasureProjection.MaxWidth}] is read.");
        StoredTensor coefficients = file.Get($"{prefix}coefficients", [anchors.Shape[0], -1]);
        return new(anchors.ToSingles(), coefficients.ToSingles(), (int)anchors.Shape[1], file.Get($"{prefix}bandwidth", [1]).ToSingles()[0]);
    }

    private string OneOf(string key, params string[] known)
    {
        string value = file.Metadata.GetValueOrDefault(key, known[0]);
        return known.Contains(value) ? value : throw new InvalidFileException(path, $"has the {key} '{value}', which this version does not know; known are {string.Join(", ", known)}.");
    }
}
