using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Guidance.DetectAndGuide;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Assets;

/// <summary>
/// Reads and writes the assets that a policy's JSON names by their files. The paths are relative to a folder, that of the policy, and
/// must stay inside it: a policy may come from elsewhere.
/// </summary>
internal sealed class AssetFolder(string folder) : JsonConverter<Guideline>
{
    private readonly string _folder = RealPath.Of(Path.GetFullPath(folder));

    public override Guideline Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String || reader.GetString() is not { Length: > 0 } path)
        {
            throw new JsonException("must be the path of a guideline's file, relative to the policy.");
        }
        if (ExternalPath.Fault(_folder, path) is not null) throw new JsonException($"is '{path}', which leads out of the policy's folder. Put the file beside the policy.");
        return Guideline.Load(Path.Combine(_folder, path));
    }

    public override void Write(Utf8JsonWriter writer, Guideline value, JsonSerializerOptions options)
    {
        if (value.Path is null) writer.WriteStringValue("");
        else writer.WriteStringValue(Path.GetRelativePath(_folder, value.Path).Replace('\\', '/'));
    }
}
