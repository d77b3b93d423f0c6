using System.Collections.Immutable;
using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Checking;

/// <summary>
/// A <c>preprocessor_config.json</c> of transformers' CLIP image processor: what a network makes of a picture. Fields that are missing have
/// CLIP's values; what cannot be done is refused, all of it in one message.
/// </summary>
internal sealed class PreprocessorConfig
{
    private const int LargestFile = 1 << 20;
    private const int LargestSide = 8192;

    private readonly JsonElement _root;
    private readonly List<string> _faults = [];

    private PreprocessorConfig(JsonElement root) => _root = root;

    /// <exception cref="InvalidFileException">The file is damaged, or asks for what cannot be done.</exception>
    public static ImageInput Load(string path)
    {
        using JsonDocument document = BoundedFile.ParseObject(BoundedFile.ReadText(path, LargestFile), path);
        PreprocessorConfig config = new(document.RootElement);
        ImageInput input = config.Read();
        return config._faults.Count == 0 ? input : throw new InvalidFileException(path, string.Join("; ", config._faults));
    }

    private ImageInput Read()
    {
        (int height, int width) = Sides("crop_size", ImageInput.Clip.Height);
        (int resizedHeight, int resizedWidth) = Sides("size", Math.Min(height, width));
        if (!Flag("do_resize")) Fault("do_resize", "is false, and pictures must be brought to the network's size");
        bool crops = Flag("do_center_crop");
        if (!crops) (height, width) = (resizedHeight, resizedWidth);
        else if (resizedHeight != height || resizedWidth != width) Fault("size", $"is {resizedHeight}x{resizedWidth} and crop_size {height}x{width}; only a crop of the resized picture's shorter side is supported");
        if (Number("rescale_factor", 1 / 255d) is var factor && Math.Abs(factor - (1 / 255d)) > 1e-6) Fault("rescale_factor", $"is {factor}; only 1/255 is supported");
        bool normalizes = Flag("do_normalize");
        return ImageInput.Clip with
        {
            Width = width,
            Height = height,
            Resize = crops ? ImageResize.Crop : ImageResize.Stretch,
            Filter = Filter(),
            Scale = Flag("do_rescale") ? ImageScale.Unit : ImageScale.Raw,
            Mean = normalizes ? Triple("image_mean", ImageInput.Clip.Mean) : [0, 0, 0],
            Std = normalizes ? Triple("image_std", ImageInput.Clip.Std) : [1, 1, 1],
        };
    }

    /// <summary>A number for both sides or the shorter one, or an object with <c>shortest_edge</c>, or with <c>height</c> and <c>width</c>.</summary>
    private (int Height, int Width) Sides(string field, int otherwise)
    {
        if (Find(field) is not { } value) return (otherwise, otherwise);
        if (value.ValueKind == JsonValueKind.Object)
        {
            JsonElement height = value.TryGetProperty("shortest_edge", out JsonElement edge) || value.TryGetProperty("height", out edge) ? edge : value;
            JsonElement width = value.TryGetProperty("shortest_edge", out edge) || value.TryGetProperty("width", out edge) ? edge : value;
            if (Side(height) is { } first && Side(width) is { } second) return (first, second);
        }
        if (Side(value) is { } side) return (side, side);
        Fault(field, $"is {value.GetRawText()}; a side from 1 to {LargestSide} is needed, or an object with shortest_edge, or with height and width");
        return (otherwise, otherwise);
    }

    private static int? Side(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int side) && side is >= 1 and <= LargestSide ? side : null;

    /// <summary>Pillow's number of a filter.</summary>
    private ImageFilter Filter()
    {
        switch (Number("resample", 3))
        {
            case 2: return ImageFilter.Bilinear;
            case 3: return ImageFilter.Bicubic;
            case var other:
                Fault("resample", $"is {other}; supported are 2 (bilinear) and 3 (bicubic)");
                return ImageFilter.Bicubic;
        }
    }

    private bool Flag(string field)
    {
        if (Find(field) is not { } value) return true;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        Fault(field, $"is {value.GetRawText()}; it must be true or false");
        return true;
    }

    private double Number(string field, double otherwise)
    {
        if (Find(field) is not { } value) return otherwise;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number)) return number;
        Fault(field, $"is {value.GetRawText()}; a number is needed");
        return otherwise;
    }

    private ImmutableArray<float> Triple(string field, ImmutableArray<float> otherwise)
    {
        if (Find(field) is not { } value) return otherwise;
        bool isTriple = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 3 && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number);
        if (isTriple) return [.. value.EnumerateArray().Select(item => item.GetSingle())];
        Fault(field, $"is {value.GetRawText()}; three numbers are needed");
        return otherwise;
    }

    private JsonElement? Find(string field) =>
        _root.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private void Fault(string field, string reason) => _faults.Add($"\"{field}\" {reason}");
}
