using System.Text.Json.Serialization;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Networks;

/// <summary>How a picture of another shape is brought to a network's size.</summary>
[JsonConverter(typeof(KebabCaseConverter<ImageResize>))]
public enum ImageResize
{
    /// <summary>Width and height each on their own.</summary>
    Stretch,

    /// <summary>The shorter side fits; what the longer one has too much is cut off on both ends.</summary>
    Crop,

    /// <summary>The longer side fits; what the shorter one lacks is filled on both ends ("letterbox").</summary>
    Pad,
}

/// <summary>The range of the pixels before mean and deviation are applied.</summary>
[JsonConverter(typeof(KebabCaseConverter<ImageScale>))]
public enum ImageScale
{
    /// <summary>0 to 1.</summary>
    Unit,

    /// <summary>0 to 255.</summary>
    Raw,
}

/// <summary>The order of a network's axes.</summary>
[JsonConverter(typeof(KebabCaseConverter<ImageLayout>))]
public enum ImageLayout
{
    /// <summary><c>[B, 3, H, W]</c>, as PyTorch writes it.</summary>
    Nchw,

    /// <summary><c>[B, H, W, 3]</c>, as TensorFlow writes it.</summary>
    Nhwc,
}

/// <summary>The order of the colour channels.</summary>
[JsonConverter(typeof(KebabCaseConverter<ChannelOrder>))]
public enum ChannelOrder
{
    /// <summary>Red, green, blue.</summary>
    Rgb,

    /// <summary>Blue, green, red.</summary>
    Bgr,
}
