using System.IO.Compression;
using System.Text;
using System.Text.Unicode;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Core.Imaging.Png;

/// <summary>Texts in PNG files: tEXt (Latin-1), zTXt (the same, compressed) and iTXt (UTF-8, compressed or not).</summary>
internal static class PngText
{
    private const int LongestKeyword = 79;

    /// <summary>All texts by keyword; of a keyword that occurs twice, the first.</summary>
    /// <exception cref="InvalidFileException">A text is damaged, or all together are longer than <paramref name="mostBytes"/>.</exception>
    public static Dictionary<string, string> Read(PngFile file, int mostBytes)
    {
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        int left = mostBytes;
        foreach (PngChunk chunk in file.Texts)
        {
            ReadOnlySpan<byte> rest = chunk.Content.Span;
            string keyword = Encoding.Latin1.GetString(UpToZero(ref rest, file, chunk.Type));
            if (keyword.Length is 0 or > LongestKeyword)
                throw file.Invalid($"its {chunk.Type} chunk has a keyword of {keyword.Length} characters; 1 to 79 are allowed");
            ReadOnlySpan<byte> text = chunk.Type switch
            {
                "tEXt" => rest,
                "zTXt" => Compressed(rest, file, chunk.Type, left),
                _ => International(rest, file, left),
            };
            if (text.Length > left) throw TooLong(file);
            left -= text.Length;
            texts.TryAdd(keyword, Decode(text, file, chunk.Type));
        }
        return texts;
    }

    /// <summary>Writes a valid text: as tEXt where Latin-1 holds it, else as iTXt.</summary>
    public static void Write(Stream stream, string keyword, string text)
    {
        byte[] name = Encoding.Latin1.GetBytes(keyword);
        if (text.All(IsLatin1)) PngChunk.Write(stream, "tEXt"u8, [.. name, 0, .. Encoding.Latin1.GetBytes(text)]);
        // Not compressed, no language, no translated keyword.
        else PngChunk.Write(stream, "iTXt"u8, [.. name, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(text)]);
    }

    /// <summary>Refuses what <see cref="Write"/> could not give back.</summary>
    /// <exception cref="ArgumentException">A keyword or a text is not allowed.</exception>
    public static void RequireValid(IReadOnlyDictionary<string, string>? text)
    {
        foreach ((string keyword, string value) in text ?? new Dictionary<string, string>())
        {
            if (!IsKeyword(keyword))
                throw new ArgumentException($"'{keyword}' is no PNG keyword: 1 to 79 printable Latin-1 characters, single spaces inside.", nameof(text));
            if (value.Contains('\0', StringComparison.Ordinal) || !UnicodeText.IsValid(value))
                throw new ArgumentException($"The text of '{keyword}' holds U+0000 or half of a surrogate pair, which PNG does not allow.", nameof(text));
        }
    }

    private static bool IsKeyword(string keyword) =>
        keyword.Length is > 0 and <= LongestKeyword
        && keyword.All(letter => letter is >= ' ' and <= '~' or >= '\u00A1' and <= '\u00FF')
        && keyword.Trim(' ').Length == keyword.Length
        && !keyword.Contains("  ", StringComparison.Ordinal);

    private static bool IsLatin1(char letter) => letter is < '\u007F' or >= '\u00A0' and <= '\u00FF';

    private static string Decode(ReadOnlySpan<byte> text, PngFile file, string type)
    {
        if (type != "iTXt") return Encoding.Latin1.GetString(text);
        if (!Utf8.IsValid(text)) throw file.Invalid("its iTXt chunk is not UTF-8");
        return Encoding.UTF8.GetString(text);
    }

    private static ReadOnlySpan<byte> International(ReadOnlySpan<byte> rest, PngFile file, int mostBytes)
    {
        if (rest is not [0 or 1, _, ..]) throw file.Invalid("its iTXt chunk is damaged");
        bool compressed = rest[0] == 1;
        ReadOnlySpan<byte> method = rest[1..2];
        rest = rest[2..];
        UpToZero(ref rest, file, "iTXt");
        UpToZero(ref rest, file, "iTXt");
        return compressed ? Compressed([.. method, .. rest], file, "iTXt", mostBytes) : rest;
    }

    /// <summary>Decompresses what follows the method's number.</summary>
    private static byte[] Compressed(scoped ReadOnlySpan<byte> rest, PngFile file, string type, int mostBytes)
    {
        if (rest is not [0, ..]) throw file.Invalid($"its {type} chunk has a compression method that PNG does not know");
        try
        {
            using ZLibStream stream = new(new MemoryStream(rest[1..].ToArray()), CompressionMode.Decompress);
            using MemoryStream text = new();
            Span<byte> piece = stackalloc byte[4096];
            while (stream.Read(piece) is > 0 and int count)
            {
                text.Write(piece[..count]);
                if (text.Length > mostBytes) throw TooLong(file);
            }
            return text.ToArray();
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            throw file.Invalid($"its {type} chunk's compressed text is damaged", error);
        }
    }

    private static ReadOnlySpan<byte> UpToZero(ref ReadOnlySpan<byte> rest, PngFile file, string type)
    {
        int length = rest.IndexOf((byte)0);
        if (length < 0) throw file.Invalid($"its {type} chunk is damaged: a zero byte is missing");
        ReadOnlySpan<byte> taken = rest[..length];
        rest = rest[(length + 1)..];
        return taken;
    }

    private static InvalidFileException TooLong(PngFile file) => file.Invalid("has more text than is read (ImageLimits.MaxTextBytes)");
}
