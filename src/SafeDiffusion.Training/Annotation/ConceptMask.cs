using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Training.Annotation;

/// <summary>Which pixels of a picture show a concept.</summary>
public sealed class ConceptMask
{
    private const byte Marked = 128;
    private readonly bool[] _pixels;

    /// <summary>Makes a mask.</summary>
    /// <param name="width">The picture's width.</param>
    /// <param name="height">The picture's height.</param>
    /// <param name="pixels">Row by row from the top left, <c>[H, W]</c>; taken over.</param>
    /// <exception cref="ArgumentException">The pixels do not fill the size.</exception>
    public ConceptMask(int width, int height, bool[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        if (width < 1 || height < 1 || pixels.Length != (long)width * height) throw new ArgumentException($"{pixels.Length} pixels are not {width}x{height}.", nameof(pixels));
        Width = width;
        Height = height;
        _pixels = pixels;
    }

    /// <summary>The picture's width.</summary>
    public int Width { get; }

    /// <summary>The picture's height.</summary>
    public int Height { get; }

    /// <summary>The pixels, row by row from the top left, <c>[H, W]</c>.</summary>
    public ReadOnlySpan<bool> Pixels => _pixels;

    /// <summary>A mask with nothing marked.</summary>
    public static ConceptMask Empty(int width, int height) => new(width, height, new bool[width * height]);

    /// <summary>A drawn mask: pixels whose mean of red, green and blue is 128 or more are marked.</summary>
    public static ConceptMask FromImage(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        ReadOnlySpan<byte> samples = image.Pixels.Span;
        bool[] pixels = new bool[image.Width * image.Height];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = samples[3 * i] + samples[(3 * i) + 1] + samples[(3 * i) + 2] >= 3 * Marked;
        return new ConceptMask(image.Width, image.Height, pixels);
    }

    /// <summary>The share of each cell of a coarser grid that is marked: the mean over the cell's pixels.</summary>
    /// <param name="height">Rows of the grid, a divisor of <see cref="Height"/>.</param>
    /// <param name="width">Columns of the grid, a divisor of <see cref="Width"/>.</param>
    /// <returns>The shares, <c>[height, width]</c>, 0 to 1.</returns>
    /// <exception cref="ArgumentException">The grid does not divide the picture.</exception>
    public float[] Pool(int height, int width)
    {
        if (height < 1 || width < 1 || Height % height != 0 || Width % width != 0) throw new ArgumentException($"A grid of {height}x{width} cells does not divide {Width}x{Height} pixels.");
        (int cellHeight, int cellWidth) = (Height / height, Width / width);
        float[] shares = new float[height * width];
        for (int i = 0; i < _pixels.Length; i++)
        {
            if (_pixels[i]) shares[(i / Width / cellHeight * width) + (i % Width / cellWidth)]++;
        }
        foreach (ref float share in shares.AsSpan()) share /= cellHeight * cellWidth;
        return shares;
    }
}
