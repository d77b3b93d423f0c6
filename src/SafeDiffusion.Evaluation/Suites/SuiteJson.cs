using System.Runtime.CompilerServices;
using System.Text.Json;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>Reads suites as strictly as policies: unknown and repeated fields are errors, which name the field by its path.</summary>
internal static class SuiteJson
{
    private const int Version = 1;
    private const int MaxBytes = 16 << 20;

    private static readonly JsonDocumentOptions _lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    public static JsonSerializerOptions Options { get; } = StrictJson.CreateOptions(StrictJson.EnumNames());

    /// <summary>Making them anew takes longer than reading a suite.</summary>
    private static readonly ConditionalWeakTable<JudgeCatalogue, JsonSerializerOptions> _withJudges = [];

    /// <summary>Options that read judges too.</summary>
    public static JsonSerializerOptions OptionsWith(JudgeCatalogue judges) => _withJudges.GetValue(judges, CreateOptions);

    private static JsonSerializerOptions CreateOptions(JudgeCatalogue judges)
    {
        JsonSerializerOptions options = new(Options);
        judges.AddTo(options);
        return options;
    }

    public static EvaluationSuite Load(string path, JudgeCatalogue judges, MethodCatalogue methods) =>
        Parse(BoundedFile.ReadText(path, MaxBytes), FilePath.FolderOf(path), judges, methods);

    public static EvaluationSuite Parse(string json, string folder, JudgeCatalogue judges, MethodCatalogue methods)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(folder);
        RequireKnownJudges(json, judges);
        SuiteDocument document = Deserialize<SuiteDocument>(json, "", OptionsWith(judges));
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
            Policies = [.. document.Policies.Select((policy, index) => SuitePolicyReader.Read(policy, folder, methods, $"policies[{index}]"))],
            Judges = [.. document.Judges.Select((judge, index) => judge ?? throw new InvalidSuiteException($"judges[{index}]", "is null."))],
            Metrics = [.. document.Metrics],
            Features = document.Features,
            Clip = document.Clip,
            QuickSeeds = document.Quick?.Seeds ?? 8,
            QuickSets = [.. document.Quick?.Sets ?? []],
            QuickPolicies = [.. document.Quick?.Policies ?? []],
        };
        SuiteCheck.Validate(suite);
        return suite with { Files = [.. Files(document, suite)] };
    }

    /// <summary>What the suite names besides the model; every path has been checked.</summary>
    private static IEnumerable<string> Files(SuiteDocument document, EvaluationSuite suite)
    {
        IEnumerable<string?> named =
        [
            .. document.Sets.Select(set => set!.File), .. document.Policies.Select(policy => policy!.File),
            .. suite.Judges.OfType<OnnxJudgeSettings>().SelectMany(judge => new[] { judge.Model, judge.LabelsFile }),
            suite.Features?.Model, suite.Clip?.ImageModel, suite.Clip?.TextModel,
        ];
        IEnumerable<string?> assets = suite.Policies.SelectMany(policy => policy.Policy.Requirements.Assets).Select(required => required.Asset.Path);
        return named.OfType<string>().Select(file => Path.Combine(suite.Folder, file)).Concat(assets.OfType<string>());
    }

    /// <summary>Reads a value; errors name the field by its path below <paramref name="at"/>.</summary>
    /// <exception cref="InvalidSuiteException">The text is not such a value.</exception>
    public static T Deserialize<T>(string json, string at, JsonSerializerOptions? options = null) where T : class
    {
        try
        {
            return StrictJson.Read<T>(json, options ?? Options) ?? throw new InvalidSuiteException(at.Length == 0 ? "$" : at, "is null, not an object.");
        }
        catch (JsonException error)
        {
            (string path, string reason) = JsonFault.Of(error, json, typeof(T), options ?? Options);
            string full = path.Length == 0 || at.Length == 0 || path.StartsWith('[') ? at + path : $"{at}.{path}";
            throw new InvalidSuiteException(full.Length == 0 ? "$" : full, reason, error);
        }
    }

    /// <summary>The reader's own error would not say which judges there are. What is no JSON is left to it.</summary>
    private static void RequireKnownJudges(string json, JudgeCatalogue judges)
    {
        try
        {
            StrictJson.RequireUnicode(json);
            using JsonDocument document = JsonDocument.Parse(json, _lenient);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return;
            if (!document.RootElement.TryGetProperty("judges", out JsonElement list) || list.ValueKind != JsonValueKind.Array) return;
            foreach ((int index, JsonElement judge) in list.EnumerateArray().Index())
            {
                if (judges.TypeFault(judge) is { } fault) throw new InvalidSuiteException($"judges[{index}].type", fault);
            }
        }
        catch (JsonException)
        {
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
