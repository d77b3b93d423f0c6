using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Imaging;

/// <summary>Reads a picture file into memory.</summary>
public static class BoundedBytes
{
    private const int Piece = 1 << 16;

    /// <summary>The rest of a stream.</summary>
    /// <exception cref="InvalidFileException">It is longer than <see cref="ImageLimits.MaxFileBytes"/>.</exception>
    public static byte[] Read(Stream stream, string name, ImageLimits limits)
    {
        if (stream.CanSeek) RequireWithin(stream.Length - stream.Position, name, limits);
        using MemoryStream bytes = new();
        byte[] piece = new byte[Piece];
        for (int count = stream.Read(piece); count > 0; count = stream.Read(piece))
        {
            RequireWithin(bytes.Length + count, name, limits);
            bytes.Write(piece, 0, count);
        }
        return bytes.ToArray();
    }

    private static void RequireWithin(long length, string name, ImageLimits limits)
    {
        if (length > limits.MaxFileBytes) throw new InvalidFileException(name, $"is longer than the {limits.MaxFileBytes} bytes that are read (ImageLimits.MaxFileBytes)");
    }
}
