using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Evaluation.Settings;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>The kinds of judges that a suite may name: what its <c>type</c> says, and the settings that are then read. Immutable.</summary>
public sealed class JudgeCatalogue
{
    private const string Discriminator = "type";

    private static readonly JsonDocumentOptions _lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    private readonly ImmutableArray<(string Type, Type Settings)> _kinds;
    private readonly JsonSerializerOptions _options = SettingsJson.CreateOptions();

    private JudgeCatalogue(ImmutableArray<(string Type, Type Settings)> kinds)
    {
        _kinds = kinds;
        AddTo(_options);
    }

    /// <summary>The library's own kinds: <c>onnx-classifier</c> and <c>onnx-detector</c>.</summary>
    public static JudgeCatalogue Default { get; } =
        new JudgeCatalogue([]).Add<OnnxClassifierSettings>("onnx-classifier").Add<OnnxDetectorSettings>("onnx-detector");

    /// <summary>The names of the kinds.</summary>
    public IReadOnlyList<string> Types => [.. _kinds.Select(kind => kind.Type)];

    /// <summary>The catalogue with one more kind.</summary>
    /// <typeparam name="TSettings">Its settings.</typeparam>
    /// <param name="type">What <c>type</c> says.</param>
    /// <exception cref="ArgumentException">The name is empty, or the name or the settings are in it already.</exception>
    public JudgeCatalogue Add<TSettings>(string type) where TSettings : JudgeSettings
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(type);
        bool isKnown = _kinds.Any(kind => kind.Type == type || kind.Settings == typeof(TSettings));
        if (isKnown) throw new ArgumentException($"The judge '{type}' is in the catalogue already.", nameof(type));
        return new JudgeCatalogue([.. _kinds, (type, typeof(TSettings))]);
    }

    /// <summary>Reads a judge's settings from JSON, strictly.</summary>
    /// <exception cref="InvalidRequestException">The text is not a known judge's settings, or a setting is out of its range.</exception>
    public JudgeSettings Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (TypeFault(json) is { } fault) throw new InvalidRequestException($"judge.{Discriminator}", fault);
        JudgeSettings settings = SettingsJson.Parse<JudgeSettings>(json, "judge", _options);
        settings.Validate(FieldCheck.OfRequest("judge"));
        return settings;
    }

    /// <summary>A judge's settings as JSON.</summary>
    /// <exception cref="ArgumentException">They are of no kind in the catalogue.</exception>
    public string ToJson(JudgeSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        bool isKnown = _kinds.Any(kind => kind.Settings == settings.GetType());
        if (!isKnown) throw new ArgumentException($"{settings.GetType().Name} is of no kind in the catalogue.", nameof(settings));
        return JsonSerializer.Serialize(settings, _options);
    }

    /// <summary>Makes options read and write judges of these kinds.</summary>
    internal void AddTo(JsonSerializerOptions options) => options.TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { AddKinds } };

    /// <summary>What is wrong with a judge's type, as a clause that says what there is; null where it is known, or where the reader says more.</summary>
    internal string? TypeFault(JsonElement judge)
    {
        if (judge.ValueKind != JsonValueKind.Object) return null;
        string known = $"known are {string.Join(", ", Types)}.";
        if (!judge.TryGetProperty(Discriminator, out JsonElement type)) return $"is missing; {known}";
        bool isKnown = type.ValueKind == JsonValueKind.String && Types.Contains(type.GetString()!);
        if (isKnown) return null;
        return $"is {type.GetRawText()}; {known}{(type.ValueKind == JsonValueKind.String ? NearestName.Question(type.GetString()!, Types) : "")}";
    }

    private string? TypeFault(string json)
    {
        try
        {
            StrictJson.RequireUnicode(json);
            using JsonDocument document = JsonDocument.Parse(json, _lenient);
            return TypeFault(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void AddKinds(JsonTypeInfo info)
    {
        if (info.Type != typeof(JudgeSettings)) return;
        info.PolymorphismOptions = new JsonPolymorphismOptions
        {
            TypeDiscriminatorPropertyName = Discriminator,
            UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization,
        };
        foreach ((string type, Type settings) in _kinds) info.PolymorphismOptions.DerivedTypes.Add(new JsonDerivedType(settings, type));
    }
}
