using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Model.Text;

/// <summary>What a tokenizer folder says besides its vocabulary. Both files are optional; CLIP's own values stand in.</summary>
/// <param name="Start">The start token.</param>
/// <param name="End">The end-of-text token.</param>
/// <param name="Pad">The padding token's spelling.</param>
/// <param name="MaxLength">The length of the text encoder's input; null where the folder does not say.</param>
internal sealed record ClipTokenizerFiles(SpecialToken Start, SpecialToken End, string Pad, int? MaxLength)
{
    public const int ShortestLength = 3;
    public const int LongestLength = 1 << 16;
    private const int LargestFile = 4 << 20;

    /// <exception cref="InvalidFileException">A file is damaged.</exception>
    public static ClipTokenizerFiles Load(string folder)
    {
        string mapPath = Path.Combine(folder, "special_tokens_map.json");
        string configPath = Path.Combine(folder, "tokenizer_config.json");
        using JsonDocument? map = ParseIfPresent(mapPath);
        using JsonDocument? config = ParseIfPresent(configPath);
        string[] roles = ["bos_token", "eos_token", "unk_token", "pad_token"];
        SpecialToken?[] tokens = [.. roles.Select(role => ReadToken(map, mapPath, role) ?? ReadToken(config, configPath, role))];
        string start = tokens[0]?.Content ?? "<|startoftext|>";
        string end = tokens[1]?.Content ?? "<|endoftext|>";
        int? maxLength = config is null ? null : ReadMaxLength(config, configPath);
        return new ClipTokenizerFiles(Merge(start), Merge(end), tokens[3]?.Content ?? end, maxLength);

        // A token with several roles is looked for after normalisation only where all of them say so.
        SpecialToken Merge(string content)
        {
            SpecialToken?[] same = [.. tokens.Where(token => token?.Content == content)];
            return new SpecialToken(content, same.Length > 0 && same.All(token => token!.Value.IsMatchedNormalized));
        }
    }

    private static JsonDocument? ParseIfPresent(string path) =>
        File.Exists(path) ? BoundedFile.ParseObject(BoundedFile.ReadText(path, LargestFile), path) : null;

    /// <summary>A token is a string, or an object with <c>content</c> and <c>normalized</c>; null means that it is not set.</summary>
    private static SpecialToken? ReadToken(JsonDocument? document, string file, string name)
    {
        if (document is null || !document.RootElement.TryGetProperty(name, out JsonElement value)) return null;
        if (value.ValueKind == JsonValueKind.Null) return null;
        bool isNormalized = false;
        if (value.ValueKind == JsonValueKind.Object)
        {
            isNormalized = value.TryGetProperty("normalized", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
            value = value.TryGetProperty("content", out JsonElement content) ? content : value;
        }
        string? token = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (string.IsNullOrEmpty(token)) throw new InvalidFileException(file, $"\"{name}\" is no token (a string, or \"content\")");
        return new SpecialToken(token, isNormalized);
    }

    /// <summary>Tokenizers without a limit are saved with 1e30; such numbers say nothing about the text encoder.</summary>
    private static int? ReadMaxLength(JsonDocument config, string file)
    {
        if (!config.RootElement.TryGetProperty("model_max_length", out JsonElement value)) return null;
        if (value.ValueKind == JsonValueKind.Null) return null;
        double length = value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? number : double.NaN;
        if (length > LongestLength) return null;
        if (length >= ShortestLength && double.IsInteger(length)) return (int)length;
        throw new InvalidFileException(file, $"\"model_max_length\" is not a whole number of at least {ShortestLength}");
    }
}
