using System.Buffers.Binary;

namespace SafeDiffusion.Core.Imaging;

/// <summary>
/// Which way up a picture is shown, 1 to 8 as Exif 2.32 (4.6.4 A, tag 0x0112) counts: by the sides where the stored first row and
/// first column belong.
/// </summary>
public static class ExifOrientation
{
    /// <summary>Shown as stored.</summary>
    public const int Upright = 1;

    private const ushort Tag = 0x0112;
    private const ushort Short = 3;
    private const int EntryLength = 12;

    /// <summary>The orientation that Exif data tell; <see cref="Upright"/> where they tell none or are damaged, as they are not needed for the pixels.</summary>
    /// <param name="exif">A TIFF header and its first directory, with or without <c>Exif\0\0</c> in front.</param>
    public static int Read(ReadOnlySpan<byte> exif)
    {
        if (exif.StartsWith("Exif\0\0"u8)) exif = exif[6..];
        if (exif.Length < 8) return Upright;
        bool little = exif.StartsWith("II*\0"u8);
        if (!little && !exif.StartsWith("MM\0*"u8)) return Upright;

        uint directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(exif[4..]) : BinaryPrimitives.ReadUInt32BigEndian(exif[4..]);
        if (directory > exif.Length - sizeof(ushort)) return Upright;
        ReadOnlySpan<byte> entries = exif[(int)directory..];
        int count = Number(entries, little);
        entries = entries[sizeof(ushort)..];
        for (; count > 0 && entries.Length >= EntryLength; count--, entries = entries[EntryLength..])
        {
            if (Number(entries, little) != Tag) continue;
            int value = Number(entries[8..], little);
            return Number(entries[2..], little) == Short && value is >= 1 and <= 8 ? value : Upright;
        }
        return Upright;
    }

    /// <summary>The picture turned and mirrored as it is to be shown.</summary>
    public static RgbImage Apply(RgbImage image, int orientation)
    {
        if (orientation == Upright) return image;
        (int width, int height) = orientation >= 5 ? (image.Height, image.Width) : (image.Width, image.Height);
        (int right, int bottom) = (image.Width - 1, image.Height - 1);
        ReadOnlySpan<byte> from = image.Pixels.Span;
        byte[] pixels = new byte[from.Length];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                (int column, int row) = orientation switch
                {
                    2 => (right - x, y),
                    3 => (right - x, bottom - y),
                    4 => (x, bottom - y),
                    5 => (y, x),
                    6 => (y, bottom - x),
                    7 => (right - y, bottom - x),
                    _ => (right - y, x),
                };
                from.Slice((row * image.Width + column) * RgbImage.Channels, RgbImage.Channels).CopyTo(pixels.AsSpan((y * width + x) * RgbImage.Channels));
            }
        }
        return new RgbImage(width, height, pixels);
    }

    private static ushort Number(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
