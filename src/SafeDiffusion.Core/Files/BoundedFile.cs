using System.Text;
using System.Text.Json;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Files;

/// <summary>Reads small text files whole, and never more than a limit, since model folders come from anywhere.</summary>
public static class BoundedFile
{
    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly (byte[] Mark, Encoding Encoding)[] _marked =
    [
        ([0xEF, 0xBB, 0xBF], _utf8),
        ([0xFF, 0xFE], new UnicodeEncoding(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true)),
        ([0xFE, 0xFF], new UnicodeEncoding(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true)),
    ];

    /// <summary>Reads a text in UTF-8, or in UTF-16 with a byte order mark; the mark is dropped.</summary>
    /// <exception cref="InvalidFileException">
    /// It is missing, unreadable, over <paramref name="limit"/> bytes, or in another encoding; the message then names the line.
    /// </exception>
    public static string ReadText(string path, int limit)
    {
        if (FileFacts.Of(path).Kind == FileKind.Missing) throw new InvalidFileException(path, "is missing");
        return Decode(ByteSource.OpenStream(path, limit, stream => Read(stream, path, limit)), path);
    }

    /// <summary>Reads the lines of a text that are not empty, without the white space around them.</summary>
    /// <inheritdoc cref="ReadText"/>
    public static string[] ReadLines(string path, int limit) => Lines(ReadText(path, limit));

    /// <summary>Reads the lines of a stream, such as standard input, that are not empty, without the white space around them.</summary>
    /// <param name="stream">The stream; left open.</param>
    /// <param name="name">What the messages call it.</param>
    /// <param name="limit">The most bytes that are read.</param>
    /// <exception cref="InvalidFileException">It is over <paramref name="limit"/> bytes, or neither UTF-8 nor UTF-16 with a mark.</exception>
    public static string[] ReadLines(Stream stream, string name, int limit)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] bytes = ReadToEnd(stream, limit) ?? throw new InvalidFileException(name, $"has more than the {limit} bytes that are expected at most");
        return Lines(Decode(bytes, name));
    }

    /// <summary>Parses a JSON object as Python writes it, with <c>NaN</c> and <c>Infinity</c>, which are read as texts; the caller disposes the document.</summary>
    /// <exception cref="InvalidFileException">The text is not one JSON object, or holds half of a surrogate pair.</exception>
    public static JsonDocument ParseObject(string json, string fileName) => PythonJson.ParseObject(json, fileName);

    private static string Decode(byte[] bytes, string name)
    {
        (byte[] mark, Encoding encoding) = _marked.FirstOrDefault(marked => bytes.AsSpan().StartsWith(marked.Mark), ([], _utf8));
        try
        {
            string text = encoding.GetString(bytes, mark.Length, bytes.Length - mark.Length);
            // Every other byte of UTF-16 is zero, which UTF-8 lets pass.
            int zero = text.IndexOf('\0', StringComparison.Ordinal);
            if (zero < 0) return text;
            throw new InvalidFileException(name, $"line {1 + text.AsSpan(0, zero).Count('\n')} holds U+0000, as UTF-16 without a byte order mark does; save the file as UTF-8");
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidFileException(name, $"line {LineOf(bytes, mark.Length, encoding)} is not text in UTF-8, or in UTF-16 with a byte order mark; save the file as UTF-8", error);
        }
    }

    /// <summary>The line, counted from 1, of the first byte that is no text.</summary>
    private static int LineOf(byte[] bytes, int start, Encoding encoding)
    {
        char[] chars = new char[bytes.Length];
        Decoder decoder = encoding.GetDecoder();
        int count = 0;
        try
        {
            for (int i = start; i < bytes.Length; i++) count += decoder.GetChars(bytes, i, 1, chars, count, flush: i == bytes.Length - 1);
        }
        catch (DecoderFallbackException)
        {
            // What was read until here tells the line.
        }
        return 1 + chars.AsSpan(0, count).Count('\n');
    }

    private static string[] Lines(string text)
    {
        List<string> lines = [];
        using StringReader reader = new(text);
        while (reader.ReadLine() is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line)) lines.Add(line.Trim());
        }
        return [.. lines];
    }

    private static byte[] Read(Stream stream, string path, int limit)
    {
        if (stream.Length > limit) throw new InvalidFileException(path, $"has {stream.Length} bytes, but at most {limit} are expected");
        return ReadToEnd(stream, limit) ?? throw InputFile.TooLong(path, limit);
    }

    /// <summary>Reads to the end, whatever length the system tells: that of a file under /proc is 0. Null where that is beyond the limit.</summary>
    private static byte[]? ReadToEnd(Stream stream, int limit)
    {
        using MemoryStream bytes = new(stream.CanSeek ? (int)Math.Min(stream.Length, limit) : 0);
        byte[] piece = new byte[1 << 16];
        while (stream.Read(piece) is > 0 and var read)
        {
            bytes.Write(piece, 0, read);
            if (bytes.Length > limit) return null;
        }
        return bytes.ToArray();
    }
}
