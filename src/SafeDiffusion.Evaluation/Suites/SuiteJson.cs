using System.Text.Json;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>Reads suites as strictly as policies: unknown and repeated fields are errors, which name the field by its path.</summary>
internal static class SuiteJson
{
    private const int Version = 1;
    private const int MaxBytes = 16 << 20;

    public static JsonSerializerOptions Options { get; } = StrictJson.CreateOptions(StrictJson.EnumNames());

    public static EvaluationSuite Load(string path) =>
        Parse(BoundedFile.ReadText(path, MaxBytes), Path.GetDirectoryName(Path.GetFullPath(path))!);

    public static EvaluationSuite Parse(string json, string folder)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(folder);
        SuiteDocument document = Deserialize<SuiteDocument>(json, "");
        if (document.Version != Version)
        {
            throw new InvalidSuiteException("version", $"is {document.Version}; this version of the tool reads version {Version}.");
        }
        EvaluationSuite suite = new()
        {
            Name = document.Name,
            Folder = Path.GetFullPath(folder),
            Model = document.Model is null ? null : SuitePath.Resolve(folder, document.Model, "model"),
            Concept = document.Concept,
            Settings = Settings(document),
            Sets = [.. document.Sets.Select((set, index) => PromptSetReader.Read(set, document, folder, $"sets[{index}]"))],
            Policies = [.. document.Policies.Select((policy, index) => SuitePolicyReader.Read(policy, folder, $"policies[{index}]"))],
            Judges = [.. document.Judges.Select((judge, index) => judge ?? throw new InvalidSuiteException($"judges[{index}]", "is null."))],
            Metrics = [.. document.Metrics],
            Features = document.Features,
            Clip = document.Clip,
            QuickSeeds = document.Quick?.Seeds ?? 8,
            QuickSets = [.. document.Quick?.Sets ?? []],
            QuickPolicies = [.. document.Quick?.Policies ?? []],
        };
        SuiteCheck.Validate(suite);
        return suite;
    }

    /// <summary>Reads a value; errors name the field by its path below <paramref name="at"/>.</summary>
    /// <exception cref="InvalidSuiteException">The text is not such a value.</exception>
    public static T Deserialize<T>(string json, string at) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw new InvalidSuiteException(at.Length == 0 ? "$" : at, "is null, not an object.");
        }
        catch (JsonException error)
        {
            string path = error.Path?.TrimStart('$').TrimStart('.') ?? "";
            string full = path.Length == 0 || at.Length == 0 || path.StartsWith('[') ? at + path : $"{at}.{path}";
            throw new InvalidSuiteException(full.Length == 0 ? "$" : full, error.Message.Split(" Path:")[0], error);
        }
    }

    private static SuiteSettings Settings(SuiteDocument document) => new()
    {
        Steps = document.Steps,
        GuidanceScale = document.GuidanceScale,
        Eta = document.Eta,
        Width = document.Width,
        Height = document.Height,
    };
}
