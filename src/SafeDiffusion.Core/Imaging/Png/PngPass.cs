namespace SafeDiffusion.Core.Imaging.Png;

/// <summary>A pass over the picture: every StepX-th pixel of every StepY-th row, from the left and top ones on.</summary>
internal readonly record struct PngPass(int Left, int Top, int StepX, int StepY, int Width, int Height)
{
    private static readonly (int Left, int Top, int StepX, int StepY)[] _adam7 =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <summary>The passes of a file that have pixels: up to seven where it is interlaced, else one.</summary>
    public static PngPass[] Of(PngHeader header) => header.Interlaced
        ? [.. _adam7.Select(pass => Of(header, pass.Left, pass.Top, pass.StepX, pass.StepY)).Where(pass => pass is { Width: > 0, Height: > 0 })]
        : [Of(header, 0, 0, 1, 1)];

    private static PngPass Of(PngHeader header, int left, int top, int stepX, int stepY) =>
        new(left, top, stepX, stepY, Count(header.Width, left, stepX), Count(header.Height, top, stepY));

    private static int Count(int size, int start, int step) => size <= start ? 0 : (size - start - 1) / step + 1;
}
