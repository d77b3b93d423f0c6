using System.Collections.Immutable;
using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Evaluation.Settings;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>A network's labels: written out in the settings, or in a file beside the network.</summary>
internal static class LabelSettings
{
    private const int LargestFile = 4 << 20;

    /// <summary>Refuses no labels, labels twice, and an empty or repeated one.</summary>
    public static void Validate(ImmutableArray<string>? labels, string? file, FieldCheck check)
    {
        check.Require(labels is null != file is null, "labels", "give either labels or labelsFile.");
        if (file is not null) check.RequireInside(file, "labelsFile");
        if (labels is not { } given) return;
        check.Require(IsUsable(given), "labels", "must be at least one text; none may be empty or occur twice.");
    }

    /// <exception cref="InvalidFileException">The file is missing, or holds no labels.</exception>
    public static ImmutableArray<string> Load(ImmutableArray<string>? labels, string? file, string folder)
    {
        if (labels is { } given) return given;
        string path = SettingRules.Locate(folder, file!);
        ImmutableArray<string> read = Read(BoundedFile.ReadText(path, LargestFile), path);
        return IsUsable(read) ? read : throw new InvalidFileException(path, "holds no labels, or an empty or repeated one.");
    }

    private static bool IsUsable(ImmutableArray<string> labels) =>
        labels is { IsDefaultOrEmpty: false } && labels.Distinct().Count() == labels.Length && !labels.Any(string.IsNullOrWhiteSpace);

    private static ImmutableArray<string> Read(string json, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Array) return Texts(root);
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("labels", out JsonElement labels)) return Texts(labels);
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("id2label", out JsonElement numbered)) return Numbered(numbered);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidFileException(path, $"is not a list of labels: {error.Message}", error);
        }
        throw new InvalidFileException(path, "is neither a list of texts nor an object with 'labels' or 'id2label'.");
    }

    private static ImmutableArray<string> Texts(JsonElement list) => [.. list.EnumerateArray().Select(label => label.GetString() ?? "")];

    /// <summary>Of a <c>config.json</c> of transformers: <c>{ "0": "cat", "1": "dog" }</c>.</summary>
    private static ImmutableArray<string> Numbered(JsonElement labels) =>
        [.. Enumerable.Range(0, labels.EnumerateObject().Count()).Select(i => labels.GetProperty($"{i}").GetString() ?? "")];
}
