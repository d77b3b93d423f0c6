using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Runs.Planning;

namespace SafeDiffusion.Evaluation.Runs.Folder;

/// <summary>What a run's folder says of the run: <c>run.json</c>.</summary>
/// <param name="Identity">What all results have in common.</param>
/// <param name="Description">What was run.</param>
/// <param name="HasNetworks">Whether the report needs networks that the suite names.</param>
/// <param name="Shard">The part that was run.</param>
internal sealed record RunManifest(RunIdentity Identity, RunDescription Description, bool HasNetworks, string Shard)
{
    public const string FileName = "run.json";

    private const int MaxBytes = 64 << 20;

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <exception cref="InvalidFileException">The file is missing or damaged.</exception>
    public static RunManifest Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) throw new InvalidFileException(folder, $"is no run's folder: it has no {FileName}.");
        try
        {
            return StrictJson.Read<RunManifest>(BoundedFile.ReadText(path, MaxBytes), _json) ?? throw new JsonException("it is null");
        }
        catch (JsonException error)
        {
            throw new InvalidFileException(path, $"is damaged: {error.Message}", error);
        }
    }

    /// <exception cref="InvalidFileException">The folder cannot be written to.</exception>
    public void Save(string folder) => AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, _json) + "\n");
}
