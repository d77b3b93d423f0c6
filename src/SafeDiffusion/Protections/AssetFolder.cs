using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Protections;

/// <summary>
/// Reads and writes the learned assets, of whatever kind, that a policy's JSON names by their files. The paths are relative to a folder, that
/// of the policy, and must stay inside it: a policy may come from elsewhere.
/// </summary>
/// <param name="folder">The folder, without links (<see cref="RealPath"/>).</param>
internal sealed class AssetFolder(string folder) : JsonConverterFactory
{
    private const string Owner = "the policy";

    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsSubclassOf(typeof(LearnedAsset));

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert), folder)!;

    private sealed class Converter<T>(string folder) : JsonConverter<T>
        where T : LearnedAsset, ILoadableAsset<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String || reader.GetString() is not { Length: > 0 } path)
            {
                throw new JsonException("must be the path of an asset's file, relative to the policy.");
            }
            if (InnerPath.Fault(folder, path, Owner) is { } fault) throw new JsonException($"is '{path}', which {fault}. Put the file beside the policy.");
            return T.Load(Path.Combine(folder, path));
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
        {
            if (value.Path is null) throw new NotSupportedException("An asset that was made in memory has no file to be named by. Save it and load it.");
            string path = Path.GetRelativePath(folder, RealPath.Of(value.Path));
            if (InnerPath.Fault(path, Owner) is { } fault)
            {
                throw new NotSupportedException($"The asset {Path.GetFileName(value.Path)} {fault}. Name the folder that holds it.");
            }
            writer.WriteStringValue(path.Replace('\\', '/'));
        }
    }
}

/// <summary>Writes assets by their files' names alone, null for one made in memory: for reports, which tell nothing of the machine.</summary>
internal sealed class AssetName : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsSubclassOf(typeof(LearnedAsset));

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert))!;

    private sealed class Converter<T> : JsonConverter<T>
        where T : LearnedAsset
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("An asset is read from a folder.");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Path.GetFileName(value.Path));
    }
}
