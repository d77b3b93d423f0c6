using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Detection;

namespace SafeDiffusion.Protections;

/// <summary>
/// Reads and writes the assets that a policy's JSON names by their files. The paths are relative to a folder, that of the policy, and
/// must stay inside it: a policy may come from elsewhere.
/// </summary>
/// <param name="folder">The folder, without links (<see cref="RealPath"/>).</param>
internal sealed class AssetFolder(string folder) : JsonConverter<Guideline>
{
    private const string Owner = "the policy";

    public override Guideline Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String || reader.GetString() is not { Length: > 0 } path)
        {
            throw new JsonException("must be the path of a guideline's file, relative to the policy.");
        }
        if (InnerPath.Fault(folder, path, Owner) is { } fault) throw new JsonException($"is '{path}', which {fault}. Put the file beside the policy.");
        return Guideline.Load(Path.Combine(folder, path));
    }

    public override void Write(Utf8JsonWriter writer, Guideline value, JsonSerializerOptions options)
    {
        if (value.Path is null) throw new NotSupportedException("A guideline that was made in memory has no file to be named by. Save it and load it.");
        string path = Path.GetRelativePath(folder, RealPath.Of(value.Path));
        if (InnerPath.Fault(path, Owner) is { } fault)
        {
            throw new NotSupportedException($"The guideline {Path.GetFileName(value.Path)} {fault}. Name the folder that holds it.");
        }
        writer.WriteStringValue(path.Replace('\\', '/'));
    }
}

/// <summary>Writes assets by their files' names alone, null for one made in memory: for reports, which tell nothing of the machine.</summary>
internal sealed class AssetName : JsonConverter<Guideline>
{
    public override Guideline Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("An asset is read from a folder.");

    public override void Write(Utf8JsonWriter writer, Guideline value, JsonSerializerOptions options) => writer.WriteStringValue(Path.GetFileName(value.Path));
}
