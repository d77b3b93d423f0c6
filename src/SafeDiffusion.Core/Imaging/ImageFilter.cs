using System.Text.Json.Serialization;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Core.Imaging;

/// <summary>How pixels between pixels are computed.</summary>
[JsonConverter(typeof(KebabCaseConverter<ImageFilter>))]
public enum ImageFilter
{
    /// <summary>Linear between neighbours.</summary>
    Bilinear,

    /// <summary>Keys' cubic with <c>a = -0.5</c>, as Pillow and CLIP's own pre-processing use it.</summary>
    Bicubic,
}
