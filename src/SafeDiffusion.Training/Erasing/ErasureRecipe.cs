using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Training.Erasing;

/// <summary>
/// What an erasure of one or many concepts is learned from, as JSON: <c>{ "version": 1, "concepts": [ … ], "preserve": "captions.txt" }</c>.
/// Unknown fields are errors. Files lie in the recipe's folder.
/// </summary>
public sealed record ErasureRecipe
{
    private const int CurrentVersion = 1;
    private const int MaxBytes = 1 << 20;
    private const int MaxPromptBytes = 16 << 20;

    private static readonly ErasureLearningOptions _defaults = new() { Concepts = [], Preserve = [] };

    private static readonly JsonSerializerOptions _json = StrictJson.CreateOptions(StrictJson.EnumNames());

    /// <summary>The schema of the file, for editors; ignored.</summary>
    [JsonPropertyName("$schema")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Schema { get; init; }

    /// <summary>The form of the file: 1.</summary>
    [JsonRequired]
    [JsonRange("""{ "const": 1 }""")]
    public int Version { get; init; }

    /// <summary>The concepts to erase together, at least one.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.SomeItems)]
    public IReadOnlyList<ErasedConcept> Concepts { get; init; } = [];

    /// <summary>The file of captions that must stay as they are, one a line.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.Path)]
    public string Preserve { get; init; } = "";

    /// <summary>The file of near misses, one a line; null for those that are made from the captions' words.</summary>
    [JsonRange(JsonRanges.Path)]
    public string? Keep { get; init; }

    /// <inheritdoc cref="ErasureLearningOptions.Method"/>
    public ErasureMethod Method { get; init; } = _defaults.Method;

    /// <inheritdoc cref="ErasureLearningOptions.Tokens"/>
    public ErasureTokens? Tokens { get; init; }

    /// <inheritdoc cref="ErasureLearningOptions.Gate"/>
    public ErasureGating Gate { get; init; } = _defaults.Gate;

    /// <inheritdoc cref="ErasureLearningOptions.Preservation"/>
    [JsonRange(JsonRanges.NotNegative)]
    public double? Preservation { get; init; }

    /// <inheritdoc cref="ErasureLearningOptions.Ridge"/>
    [JsonRange(JsonRanges.NotNegative)]
    public double? Ridge { get; init; }

    /// <inheritdoc cref="ErasureLearningOptions.NullSpaceRest"/>
    [JsonRange("""{ "exclusiveMinimum": 0, "exclusiveMaximum": 1 }""")]
    public double NullSpaceRest { get; init; } = _defaults.NullSpaceRest;

    /// <inheritdoc cref="ErasureLearningOptions.MapsNullCondition"/>
    public bool MapsNullCondition { get; init; }

    /// <inheritdoc cref="ErasureLearningOptions.Anchors"/>
    [JsonRange("""{ "minimum": 10, "maximum": 4096 }""")]
    public int Anchors { get; init; } = _defaults.Anchors;

    /// <inheritdoc cref="ErasureLearningOptions.Bandwidth"/>
    [JsonRange(JsonRanges.Positive)]
    public double Bandwidth { get; init; } = _defaults.Bandwidth;

    /// <inheritdoc cref="ErasureLearningOptions.PromptsPerName"/>
    [JsonRange("""{ "minimum": 20, "maximum": 20000 }""")]
    public int PromptsPerName { get; init; } = _defaults.PromptsPerName;

    /// <inheritdoc cref="ErasureLearningOptions.Seed"/>
    public int Seed { get; init; }

    /// <summary>Reads a recipe with its files.</summary>
    /// <exception cref="InvalidFileException">A file is missing, or the recipe is damaged or lies about its folder.</exception>
    public static ErasureLearningOptions Load(string path)
    {
        string json = BoundedFile.ReadText(path, MaxBytes);
        string folder = FilePath.FolderOf(path);
        try
        {
            ErasureRecipe recipe = StrictJson.Read<ErasureRecipe>(json, _json) ?? throw new InvalidFileException(path, "is null, not an object.");
            if (recipe.Version != CurrentVersion) throw new InvalidFileException(path, $"is of version {recipe.Version}; this library reads version {CurrentVersion}.");
            return recipe.ToOptions(Prompts(path, folder, recipe.Preserve), recipe.Keep is { } keep ? Prompts(path, folder, keep) : []);
        }
        catch (JsonException error)
        {
            (string field, string reason) = JsonFault.Of(error, json, typeof(ErasureRecipe), _json);
            throw new InvalidFileException(path, $"{field}: {reason}", error);
        }
    }

    /// <summary>The JSON Schema (2020-12) of recipes, with a line break at its end.</summary>
    public static string WriteSchema() => new JsonSchemaWriter(_json).Write(typeof(ErasureRecipe), "A recipe of text erasure of SafeDiffusion");

    private static string[] Prompts(string recipe, string folder, string file)
    {
        if (InnerPath.Fault(RealPath.Of(folder), file, "the recipe") is { } fault) throw new InvalidFileException(recipe, $"names '{file}', which {fault}. Put the file beside the recipe.");
        return BoundedFile.ReadLines(Path.Combine(folder, file), MaxPromptBytes);
    }

    private ErasureLearningOptions ToOptions(string[] preserve, string[] keep) => new()
    {
        Concepts = Concepts,
        Preserve = preserve,
        Keep = keep,
        Method = Method,
        Tokens = Tokens,
        Gate = Gate,
        Preservation = Preservation,
        Ridge = Ridge,
        NullSpaceRest = NullSpaceRest,
        MapsNullCondition = MapsNullCondition,
        Anchors = Anchors,
        Bandwidth = Bandwidth,
        PromptsPerName = PromptsPerName,
        Seed = Seed,
    };
}
