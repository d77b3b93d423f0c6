using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>A report as JSON: camelCase, what is null left out, values in kebab-case.</summary>
internal static class ReportJson
{
    private const long MostBytes = 256 << 20;

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

    public static EvaluationReport Load(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MostBytes }) throw new InvalidFileException(path, "is too large for a report.");
            return Parse(path, File.ReadAllText(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {error.Message}", error);
        }
    }

    private static EvaluationReport Parse(string path, string json)
    {
        try
        {
            // The version first: another form would fail at some field, with a message that says nothing.
            JsonNode? version = (JsonNode.Parse(json) as JsonObject)?["version"];
            if (version?.GetValueKind() != JsonValueKind.Number) throw new InvalidFileException(path, "is no report of an evaluation.");
            if (version.GetValue<double>() != EvaluationReport.CurrentVersion)
            {
                throw new InvalidFileException(
                    path, $"is a report of version {version}, and this is version {EvaluationReport.CurrentVersion}. Make the report again with this version.");
            }
            return JsonSerializer.Deserialize<EvaluationReport>(json, _options) ?? throw new InvalidFileException(path, "is no report of an evaluation.");
        }
        catch (JsonException error)
        {
            throw new InvalidFileException(path, $"is no report of an evaluation: {error.Message}", error);
        }
    }
}
