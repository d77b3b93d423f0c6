using System.Text;
using System.Text.Json;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Files;

/// <summary>Reads small text files whole, and never more than a limit, since model folders come from anywhere.</summary>
public static class BoundedFile
{
    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a UTF-8 text; a byte order mark is dropped.</summary>
    /// <exception cref="InvalidFileException">It is missing, unreadable, over <paramref name="limit"/> bytes, or not UTF-8.</exception>
    public static string ReadText(string path, int limit)
    {
        if (FileFacts.Of(path).Kind == FileKind.Missing) throw new InvalidFileException(path, "is missing");
        byte[] bytes = ByteSource.OpenStream(path, limit, stream => Read(stream, path, limit));
        try
        {
            return _strictUtf8.GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidFileException(path, "is not text in UTF-8", error);
        }
    }

    /// <summary>Parses a JSON object; the caller disposes the document.</summary>
    /// <exception cref="InvalidFileException">The text is not one JSON object.</exception>
    public static JsonDocument ParseObject(string json, string fileName)
    {
        try
        {
            StrictJson.RequireUnicode(json);
            JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
        }
        catch (JsonException error)
        {
            throw new InvalidFileException(fileName, $"is not valid JSON: {error.Message}", error);
        }
        throw new InvalidFileException(fileName, "is not a JSON object");
    }

    /// <summary>Reads to the end, whatever length the system tells: that of a file under /proc is 0.</summary>
    private static byte[] Read(Stream stream, string path, int limit)
    {
        if (stream.Length > limit) throw new InvalidFileException(path, $"has {stream.Length} bytes, but at most {limit} are expected");
        using MemoryStream bytes = new((int)stream.Length);
        byte[] piece = new byte[1 << 16];
        while (stream.Read(piece) is > 0 and var read)
        {
            bytes.Write(piece, 0, read);
            if (bytes.Length > limit) throw InputFile.TooLong(path, limit);
        }
        return bytes.ToArray();
    }
}
