using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Imaging;

/// <summary>How much a picture file may ask for; what goes beyond is refused before memory is set aside for it.</summary>
public sealed record ImageLimits
{
    /// <summary>The limits that hold where none are given.</summary>
    public static ImageLimits Default { get; } = new();

    /// <summary>The largest width times height, in pixels. 1 to 268 435 000; 33 554 432 (such as 8192x4096) unless set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxPixels { get; init => field = Within(value, MostPixels, nameof(MaxPixels)); } = 1 << 25;

    /// <summary>The most bytes of compressed file that are read. 1 to 2 147 000 000; 268 435 456 (256 MiB) unless set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxFileBytes { get; init => field = Within(value, MostBytes, nameof(MaxFileBytes)); } = 256 << 20;

    /// <summary>The most bytes of text, decompressed, that are read from a picture's metadata. 1 to 2 147 000 000; 4 194 304 (4 MiB) unless set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxTextBytes { get; init => field = Within(value, MostBytes, nameof(MaxTextBytes)); } = 4 << 20;

    /// <summary>Refuses a picture of more pixels than <see cref="MaxPixels"/>, by what its header claims.</summary>
    /// <exception cref="InvalidFileException">It has more.</exception>
    public void RequirePixels(long width, long height, string name)
    {
        if (width * height <= MaxPixels) return;
        throw new InvalidFileException(name, $"claims {width}x{height} pixels; at most {MaxPixels} are read (ImageLimits.MaxPixels). Scale it down first");
    }

    // What one array holds, and of that pixels of 8 bytes: the largest that a file has.
    private const int MostBytes = 2_147_000_000;
    private const int MostPixels = 268_435_000;

    private static int Within(int value, int most, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, name);
        return value;
    }
}
