using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Core.Imaging.Png;

/// <summary>A chunk: four letters and its content.</summary>
internal readonly record struct PngChunk(string Type, ReadOnlyMemory<byte> Content)
{
    private static readonly SearchValues<byte> _letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Whether a reader that does not know the type must give up.</summary>
    public bool IsCritical => char.IsAsciiLetterUpper(Type[0]);

    /// <summary>Reads a chunk and compares its checksum.</summary>
    /// <exception cref="InvalidFileException">It is damaged, or longer than <paramref name="longest"/>.</exception>
    public static PngChunk Read(ByteSource source, long longest)
    {
        ReadOnlySpan<byte> head = source.Take(8, "the next chunk's length and type").Span;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(head);
        ReadOnlySpan<byte> letters = head[4..];
        if (letters.ContainsAnyExcept(_letters)) throw source.Invalid("has a chunk whose type is not four letters");

        string type = Encoding.ASCII.GetString(letters);
        if (length > int.MaxValue) throw source.Invalid($"its {type} chunk claims {length} bytes, above PNG's 2^31 - 1");
        if (length > longest) throw source.Invalid($"its {type} chunk goes beyond the bytes that are read (ImageLimits.MaxFileBytes)");

        ReadOnlyMemory<byte> content = source.Take(length, $"the {type} chunk");
        uint checksum = BinaryPrimitives.ReadUInt32BigEndian(source.Take(sizeof(uint), $"the {type} chunk's checksum").Span);
        if (checksum != Crc32.Of(letters, content.Span)) throw source.Invalid($"its {type} chunk is damaged: the checksum differs");
        return new PngChunk(type, content);
    }

    /// <summary>Writes a chunk.</summary>
    public static void Write(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        stream.Write(number);
        stream.Write(type);
        stream.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(type, content));
        stream.Write(number);
    }
}
