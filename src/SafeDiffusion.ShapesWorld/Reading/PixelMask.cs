using SafeDiffusion.Evaluation.Judging;

namespace SafeDiffusion.ShapesWorld.Reading;

/// <summary>Some of a picture's pixels.</summary>
internal sealed class PixelMask(int width, int height)
{
    private readonly bool[] _pixels = new bool[width * height];

    public int Width => width;

    public int Height => height;

    /// <summary>The pixels, row by row from the top left.</summary>
    public ReadOnlySpan<bool> Pixels => _pixels;

    public bool this[int index]
    {
        get => _pixels[index];
        set => _pixels[index] = value;
    }

    public int Count => Pixels.Count(true);

    /// <summary>The smallest rectangle that holds all of its pixels; empty where it has none.</summary>
    public ImageBox Box
    {
        get
        {
            (int left, int top, int right, int bottom) = (width, height, -1, -1);
            for (int i = 0; i < _pixels.Length; i++)
            {
                if (!_pixels[i]) continue;
                (int x, int y) = (i % width, i / width);
                (left, top, right, bottom) = (Math.Min(left, x), Math.Min(top, y), Math.Max(right, x), Math.Max(bottom, y));
            }
            return right < 0 ? default : new ImageBox(left, top, right - left + 1, bottom - top + 1);
        }
    }

    /// <summary>How many pixels it shares with another mask of the same size.</summary>
    public int CountWithin(PixelMask other)
    {
        int count = 0;
        for (int i = 0; i < _pixels.Length; i++)
        {
            if (_pixels[i] && other[i]) count++;
        }
        return count;
    }

    /// <summary>The connected parts, corners counting as neighbours, of at least a size.</summary>
    public List<PixelMask> Components(int smallest)
    {
        List<PixelMask> components = [];
        bool[] seen = new bool[_pixels.Length];
        for (int start = 0; start < _pixels.Length; start++)
        {
            if (!_pixels[start] || seen[start]) continue;
            PixelMask component = Fill(start, seen);
            if (component.Count >= smallest) components.Add(component);
        }
        return components;
    }

    /// <summary>The pixels within a distance, counted along the axes and diagonals.</summary>
    public PixelMask Grown(int distance)
    {
        PixelMask grown = new(width, height);
        for (int pixel = 0; pixel < _pixels.Length; pixel++)
        {
            if (!_pixels[pixel]) continue;
            (int x, int y) = (pixel % width, pixel / width);
            int left = Math.Max(0, x - distance);
            int end = Math.Min(width, x + distance + 1);
            for (int row = Math.Max(0, y - distance); row < Math.Min(height, y + distance + 1); row++)
                grown._pixels.AsSpan((row * width) + left, end - left).Fill(true);
        }
        return grown;
    }

    private PixelMask Fill(int start, bool[] seen)
    {
        PixelMask component = new(width, height);
        Stack<int> open = new([start]);
        seen[start] = true;
        while (open.TryPop(out int pixel))
        {
            component[pixel] = true;
            foreach (int neighbour in Neighbours(pixel))
            {
                if (!_pixels[neighbour] || seen[neighbour]) continue;
                seen[neighbour] = true;
                open.Push(neighbour);
            }
        }
        return component;
    }

    private IEnumerable<int> Neighbours(int pixel)
    {
        (int x, int y) = (pixel % width, pixel / width);
        for (int row = Math.Max(0, y - 1); row <= Math.Min(height - 1, y + 1); row++)
        {
            for (int column = Math.Max(0, x - 1); column <= Math.Min(width - 1, x + 1); column++)
            {
                if (row != y || column != x) yield return (row * width) + column;
            }
        }
    }
}
