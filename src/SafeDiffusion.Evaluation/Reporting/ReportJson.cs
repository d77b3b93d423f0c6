using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>A report as JSON: camelCase, what is null left out, values in kebab-case.</summary>
internal static class ReportJson
{
    private const int MostBytes = 256 << 20;

    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.Default,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    public static string Write(EvaluationReport report) => JsonSerializer.Serialize(report, _options) + "\n";

    public static EvaluationReport Load(string path) => Parse(path, BoundedFile.ReadText(path, MostBytes));

    private static EvaluationReport Parse(string path, string json)
    {
        try
        {
            StrictJson.RequireUnicode(json);
            RequireVersion(path, json);
            EvaluationReport report = StrictJson.Read<EvaluationReport>(json, _options) ?? throw new InvalidFileException(path, "is no report of an evaluation.");
            if (ReportCheck.Fault(report) is { } fault) throw new InvalidFileException(path, $"is damaged: {fault}");
            return report;
        }
        catch (JsonException error)
        {
            throw new InvalidFileException(path, $"is no report of an evaluation: {error.Message}", error);
        }
    }

    /// <summary>The version first: another form would fail at some field, with a message that says nothing.</summary>
    private static void RequireVersion(string path, string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("version", out JsonElement version) || version.ValueKind != JsonValueKind.Number)
        {
            throw new InvalidFileException(path, "is no report of an evaluation.");
        }
        if (version.GetDouble() == EvaluationReport.CurrentVersion) return;
        throw new InvalidFileException(
            path, $"is a report of version {version.GetRawText()}, and this is version {EvaluationReport.CurrentVersion}. Make the report again with this version.");
    }
}
