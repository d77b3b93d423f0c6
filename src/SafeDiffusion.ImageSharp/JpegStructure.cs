using System.Buffers.Binary;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.ImageSharp;

/// <summary>
/// A JPEG's markers (ITU T.81, annex B), walked from start to end: ImageSharp decodes truncated files without a word, and fills with gray.
/// </summary>
/// <param name="Length">Bytes up to and with the end marker; what follows is not the picture's.</param>
/// <param name="Orientation">What the first Exif segment tells.</param>
internal readonly record struct JpegStructure(int Length, int Orientation)
{
    // Real files have about a dozen; each one is a walk over the whole picture.
    private const int MaxScans = 64;

    private const byte StartOfScan = 0xDA;
    private const byte EndOfImage = 0xD9;
    private const byte Exif = 0xE1;

    /// <summary>What every JPEG begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0xFF, 0xD8, 0xFF];

    /// <exception cref="InvalidFileException">The file is no JPEG, truncated or damaged.</exception>
    public static JpegStructure Read(ReadOnlySpan<byte> bytes, string name)
    {
        if (!bytes.StartsWith(Signature)) throw new InvalidFileException(name, "is no JPEG file");
        int? orientation = null;
        (int position, int frames, int scans) = (2, 0, 0);
        while (true)
        {
            byte marker = NextMarker(bytes, ref position, name);
            if (marker == EndOfImage) break;
            if (IsAlone(marker)) continue;
            ReadOnlySpan<byte> content = Segment(bytes, ref position, name);
            if (IsFrame(marker) && ++frames > 1) throw new InvalidFileException(name, "is damaged: it holds two frames");
            if (marker == Exif && content.StartsWith("Exif\0\0"u8)) orientation ??= ExifOrientation.Read(content);
            if (marker != StartOfScan) continue;
            if (frames == 0) throw new InvalidFileException(name, "is damaged: its pixels come before its size");
            if (++scans > MaxScans) throw new InvalidFileException(name, $"has more than {MaxScans} scans");
            position = EndOfScan(bytes, position, name);
        }
        if (scans == 0) throw new InvalidFileException(name, "is damaged: it holds no pixels");
        return new JpegStructure(position, orientation ?? ExifOrientation.Upright);
    }

    private static byte NextMarker(ReadOnlySpan<byte> bytes, ref int position, string name)
    {
        if (position >= bytes.Length) throw Truncated(name);
        if (bytes[position] != 0xFF) throw new InvalidFileException(name, $"is damaged: byte {position} should begin a marker");
        // Any number of 0xFF may stand in front.
        while (position < bytes.Length && bytes[position] == 0xFF) position++;
        return position < bytes.Length ? bytes[position++] : throw Truncated(name);
    }

    private static ReadOnlySpan<byte> Segment(ReadOnlySpan<byte> bytes, ref int position, string name)
    {
        if (bytes.Length - position < 2) throw Truncated(name);
        int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[position..]);
        if (length < 2) throw new InvalidFileException(name, $"is damaged: a segment claims {length} bytes");
        if (length > bytes.Length - position) throw Truncated(name);
        ReadOnlySpan<byte> content = bytes.Slice(position + 2, length - 2);
        position += length;
        return content;
    }

    /// <summary>The place of the marker after a scan's compressed pixels, in which 0xFF is followed by 0 or a restart marker.</summary>
    private static int EndOfScan(ReadOnlySpan<byte> bytes, int position, string name)
    {
        for (; position < bytes.Length - 1; position++)
        {
            if (bytes[position] != 0xFF) continue;
            byte next = bytes[position + 1];
            if (next is not 0 and not 0xFF && !IsRestart(next)) return position;
        }
        throw Truncated(name);
    }

    private static bool IsRestart(byte marker) => marker is >= 0xD0 and <= 0xD7;

    private static bool IsAlone(byte marker) => marker is 0x01 or 0xD8 || IsRestart(marker);

    private static bool IsFrame(byte marker) => marker is >= 0xC0 and <= 0xCF and not 0xC4 and not 0xC8 and not 0xCC;

    private static InvalidFileException Truncated(string name) => new(name, "is truncated: it ends before the JPEG does. Fetch it again");
}
