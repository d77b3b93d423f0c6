using System.Text;
using System.Text.Json;

namespace SafeDiffusion.Core.Files;

/// <summary>Looks at the texts of a JSON document before anything reads them.</summary>
internal static class JsonText
{
    private static readonly JsonReaderOptions _lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Refuses a text with half of a surrogate pair, which readers fail at in ways that do not name it.</summary>
    /// <exception cref="JsonException">There is one, at the error's path; or the document is no JSON, so far as that is noticed.</exception>
    public static void RequireUnicode(string json)
    {
        if (!UnicodeText.IsValid(json)) throw Fault("$");
        // What is left of halves can only be written as escapes, which few documents hold.
        if (!json.Contains("\\ud", StringComparison.OrdinalIgnoreCase)) return;
        Utf8JsonReader reader = new(Encoding.UTF8.GetBytes(json), _lenient);
        Stack<(string Path, int Index)> lists = [];
        string name = "$";
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                name = lists.Pop().Path;
                continue;
            }
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                name = $"{lists.Peek().Path}.{Text(ref reader, lists.Peek().Path)}";
                continue;
            }
            if (lists.TryPeek(out (string Path, int Index) list) && list.Index >= 0)
            {
                name = $"{list.Path}[{list.Index}]";
                lists.Pop();
                lists.Push(list with { Index = list.Index + 1 });
            }
            if (reader.TokenType == JsonTokenType.String) _ = Text(ref reader, name);
            if (reader.TokenType == JsonTokenType.StartObject) lists.Push((name, -1));
            if (reader.TokenType == JsonTokenType.StartArray) lists.Push((name, 0));
        }
    }

    private static string Text(ref Utf8JsonReader reader, string path)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Fault(path);
        }
    }

    private static JsonException Fault(string path) =>
        new("holds half of a surrogate pair (\\ud800 to \\udfff), which is no character.", path, lineNumber: null, bytePositionInLine: null);
}
