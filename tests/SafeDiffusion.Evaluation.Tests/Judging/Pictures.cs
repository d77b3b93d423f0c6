using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>Plain pictures.</summary>
internal static class Pictures
{
    public static RgbImage Red { get; } = Plain(255, 0, 0);

    public static RgbImage Blue { get; } = Plain(0, 0, 255);

    public static RgbImage White { get; } = Plain(255, 255, 255);

    public static RgbImage Black { get; } = Plain(0, 0, 0);

    public static RgbImage Plain(byte red, byte green, byte blue, int width = 8, int height = 8) =>
        new(width, height, Enumerable.Range(0, width * height).SelectMany(_ => new[] { red, green, blue }).ToArray());
}
