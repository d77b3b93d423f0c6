using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Model.Loading;

/// <summary>A network's <c>config.json</c>, as far as it says what the graph alone does not; fields that nothing asks for may hold anything.</summary>
internal sealed class NetworkConfig
{
    private const int MaxBytes = 1 << 20;
    private readonly string _file;
    private readonly JsonElement? _root;

    private NetworkConfig(string file, JsonElement? root)
    {
        _file = file;
        _root = root;
    }

    public static NetworkConfig Load(string path)
    {
        if (!File.Exists(path)) return new NetworkConfig(path, null);
        using JsonDocument document = BoundedFile.ParseObject(BoundedFile.ReadText(path, MaxBytes), path);
        return new NetworkConfig(path, document.RootElement.Clone());
    }

    /// <summary>A whole number in a range; null where the field is missing or null.</summary>
    /// <exception cref="InvalidFileException">The field holds something else.</exception>
    public int? Integer(string field, int minimum, int maximum)
    {
        if (Find(field) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= minimum && number <= maximum) return number;
        throw new InvalidFileException(_file, $"{field} is {value.GetRawText()}; a whole number from {minimum} to {maximum} is needed.");
    }

    /// <summary>A height and a width in a range, written as one whole number for both or as a pair; null where the field is missing or null.</summary>
    /// <exception cref="InvalidFileException">The field holds something else.</exception>
    public (int Height, int Width)? Size(string field, int minimum, int maximum)
    {
        if (Find(field) is not { ValueKind: JsonValueKind.Array } pair) return Integer(field, minimum, maximum) is { } side ? (side, side) : null;
        int[] sides = [.. pair.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int number) ? number : 0)];
        if (sides.Length == 2 && sides.All(side => side >= minimum && side <= maximum)) return (sides[0], sides[1]);
        throw new InvalidFileException(_file, $"{field} is {pair.GetRawText()}; a whole number from {minimum} to {maximum}, or a pair of them (height, width), is needed.");
    }

    /// <summary>A number above 0; null where the field is missing or null.</summary>
    /// <exception cref="InvalidFileException">The field holds something else.</exception>
    public float? PositiveNumber(string field)
    {
        if (Find(field) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) && number > 0 && float.IsFinite(number)) return number;
        throw new InvalidFileException(_file, $"{field} is {value.GetRawText()}; a number above 0 is needed.");
    }

    /// <summary>The length of a list; null where the field is missing or null.</summary>
    /// <exception cref="InvalidFileException">The field holds something else, or an absurdly long or empty list.</exception>
    public int? ListLength(string field)
    {
        if (Find(field) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() is > 0 and <= 12 and var length) return length;
        throw new InvalidFileException(_file, $"{field} must be a list of 1 to 12 entries.");
    }

    private JsonElement? Find(string field) =>
        _root is { } root && root.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
