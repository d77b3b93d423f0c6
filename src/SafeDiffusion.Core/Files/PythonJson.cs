using System.Text;
using System.Text.Json;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Files;

/// <summary>
/// JSON as Python's <c>json.dump</c> writes it: with the bare words <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c> where a number is not
/// finite. They are read as texts of these words, so that a field which needs a number refuses them by name.
/// </summary>
internal static class PythonJson
{
    private static readonly string[] _words = ["NaN", "Infinity", "-Infinity"];

    /// <summary>Parses an object; the caller disposes the document.</summary>
    /// <exception cref="InvalidFileException">The text is not one JSON object, or a text in it holds half of a surrogate pair.</exception>
    public static JsonDocument ParseObject(string json, string fileName)
    {
        try
        {
            string quoted = Quote(json);
            JsonText.RequireUnicode(quoted);
            JsonDocument document = JsonDocument.Parse(quoted);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
        }
        catch (JsonException error)
        {
            throw new InvalidFileException(fileName, $"is not valid JSON: {(error.Path is { } path && error.LineNumber is null ? $"{path} " : "")}{error.Message}", error);
        }
        throw new InvalidFileException(fileName, "is not a JSON object");
    }

    private static string Quote(string json)
    {
        if (!_words.Any(word => json.Contains(word, StringComparison.Ordinal))) return json;
        StringBuilder quoted = new(json.Length + 16);
        for (int i = 0; i < json.Length;)
        {
            int length = json[i] == '"' ? TextLength(json, i) : WordLength(json, i);
            if (length > 0 && json[i] != '"') quoted.Append('"').Append(json, i, length).Append('"');
            else quoted.Append(json, i, length = Math.Max(length, 1));
            i += length;
        }
        return quoted.ToString();
    }

    /// <summary>The length of a text with its quotation marks; up to the end where it is not closed.</summary>
    private static int TextLength(string json, int start)
    {
        for (int i = start + 1; i < json.Length; i++)
        {
            if (json[i] == '\\') i++;
            else if (json[i] == '"') return i + 1 - start;
        }
        return json.Length - start;
    }

    private static int WordLength(string json, int start)
    {
        foreach (string word in _words)
        {
            int end = start + word.Length;
            bool isHere = json.AsSpan(start).StartsWith(word, StringComparison.Ordinal);
            if (isHere && (end == json.Length || !char.IsAsciiLetterOrDigit(json[end]))) return word.Length;
        }
        return 0;
    }
}
