using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Networks;

/// <summary>
/// What a network makes of a picture before it reads it: <c>(scale(resize(picture)) - mean) / std</c>. Resizing has half-pixel centres; when
/// it shrinks, the filter is widened so that every pixel counts (PyTorch's and Pillow's antialiasing), in floating point and unrounded.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ImageInput
{
    private const int LargestSide = 8192;

    /// <summary>The input's name in the network; null where it has only one.</summary>
    public string? Name { get; init; }

    /// <summary>The width that the network reads, 1 to 8192 pixels.</summary>
    [JsonRequired]
    public int Width { get; init; }

    /// <summary>The height that the network reads, 1 to 8192 pixels.</summary>
    [JsonRequired]
    public int Height { get; init; }

    /// <summary>How a picture of another shape is brought to that size.</summary>
    public ImageResize Resize { get; init; } = ImageResize.Stretch;

    /// <summary>How pixels between pixels are computed.</summary>
    public ImageFilter Filter { get; init; } = ImageFilter.Bilinear;

    /// <summary>The level, 0 to 255, of what <see cref="ImageResize.Pad"/> adds; 114 as the YOLO detectors are trained with.</summary>
    public byte Padding { get; init; } = 114;

    /// <summary>The range of the pixels before mean and deviation are applied.</summary>
    public ImageScale Scale { get; init; } = ImageScale.Unit;

    /// <summary>What is subtracted, three numbers in the order of <see cref="Channels"/>, on the range of <see cref="Scale"/>.</summary>
    public ImmutableArray<float> Mean { get; init; } = [0, 0, 0];

    /// <summary>What is divided by, three numbers above 0 in the order of <see cref="Channels"/>, on the range of <see cref="Scale"/>.</summary>
    public ImmutableArray<float> Std { get; init; } = [1, 1, 1];

    /// <summary>The order of the axes.</summary>
    public ImageLayout Layout { get; init; } = ImageLayout.Nchw;

    /// <summary>The order of the colour channels.</summary>
    public ChannelOrder Channels { get; init; } = ChannelOrder.Rgb;

    /// <summary>Numbers per picture.</summary>
    internal int Length => RgbImage.Channels * Width * Height;

    /// <summary>CLIP's pre-processing: bicubic to 224×224 on the shorter side, centre crop, its mean and deviation.</summary>
    public static ImageInput Clip { get; } = new()
    {
        Width = 224,
        Height = 224,
        Resize = ImageResize.Crop,
        Filter = ImageFilter.Bicubic,
        Mean = [0.48145466f, 0.4578275f, 0.40821073f],
        Std = [0.26862954f, 0.26130258f, 0.27577711f],
    };

    /// <summary>Checks every setting.</summary>
    /// <param name="path">What the messages call the record, such as <c>judges[0].input</c>.</param>
    /// <exception cref="InvalidRequestException">A setting is out of its range; the error names it.</exception>
    public void Validate(string path)
    {
        Require(Name is not "", "name", "must not be empty; leave it out where the network has one input.");
        Require(Width is >= 1 and <= LargestSide, "width", $"must be from 1 to {LargestSide}, and is {Width}.");
        Require(Height is >= 1 and <= LargestSide, "height", $"must be from 1 to {LargestSide}, and is {Height}.");
        Require(IsTriple(Mean), "mean", "must be three finite numbers.");
        Require(IsTriple(Std) && Std.All(value => value > 0), "std", "must be three finite numbers above 0.");

        void Require(bool holds, string field, string reason)
        {
            if (!holds) throw new InvalidRequestException($"{path}.{field}", reason);
        }
    }

    private static bool IsTriple(ImmutableArray<float> values) => values is { IsDefault: false, Length: 3 } && values.All(float.IsFinite);
}
