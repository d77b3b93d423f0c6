using System.Text;
using System.Text.Json;

namespace Fuzz.Forms;

/// <summary>JSON: values, keys and fields are changed, taken out, doubled, exchanged, and taken from other inputs; it stays JSON, or nearly so.</summary>
internal sealed class JsonForm : IForm
{
    private static readonly JsonReaderOptions _lenient = new() { MaxDepth = 1000, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private static readonly byte[][] _values =
    [
        .. new[]
        {
            "null", "true", "false", "0", "1", "-1", "-0", "2", "0.5", "3.0", "1e2", "1E400", "-1e999", "1e-400", "1e308", "3.5e38", "16777217", "2147483647", "2147483648",
            "-2147483649", "4294967296", "9223372036854775807", "9223372036854775808", "100000000000000000000000000000000000000000", "0.1000000000000000055511151231257827",
            "NaN", "Infinity", "-Infinity", "00", "+1", "1_0", "0x10", "undefined", "",
            "\"\"", "\" \"", "\"\\ud800\"", "\"a\\udc00b\"", "\"\\ud83d\\ude00\"", "\"\\u0000\"", "\"\\u001b[31m\"", "\"\\u202e\"", "\"\\uFEFF\"", "\"..\"", "\"../x\"", "\"/\"", "\"C:\\\\x\"",
            "\"a/b\"", "\".\"", "\"*\"", "\"%s%n\"", "\"NaN\"", "\"1\"", "\"null\"", "\"e\\u0301\"", "\"ﷺ\"",
            "[]", "{}", "[null]", "[[]]", "[{}]", "{\"a\":1,\"a\":2}", "{\"\":0}", "{\"$ref\":\"#\"}", "{\"$type\":\"x\"}", "[1,2]", "[0.5,0.5,0.5]", "[\"a\",\"a\"]", "/*x*/1", "1,",
        }.Select(Encoding.UTF8.GetBytes),
        Nested(70), Nested(2000), Encoding.UTF8.GetBytes($"\"{new string('a', 20_000)}\""), Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat("0", 5000))}]"),
    ];

    public static JsonForm Instance { get; } = new();

    public byte[] Change(Random random, byte[] input, byte[] other)
    {
        if (Spans(input) is not { Count: > 0 } spans) return ByteForm.Instance.Change(random, input, other);
        Span at = Any(random, spans);
        Span second = random.Pick(spans);
        return random.Next(8) switch
        {
            0 or 1 => Replace(input, at.Value, random.Pick(_values)),
            2 => Replace(input, at.Value, Encoding.ASCII.GetBytes($"{random.Boundary()}")),
            3 => Replace(input, at.Value, input[second.Value]),
            4 => Replace(input, at.Value, Spans(other) is { Count: > 0 } others ? other[random.Pick(others).Value] : random.Pick(_values)),
            5 => Replace(input, at.WithComma(input), []),
            6 => Replace(input, at.Whole.Start..at.Whole.Start, [.. input[at.Whole], (byte)',']),
            _ when at.Name is { } name => Replace(input, name, second.Name is { } theirs && random.OneIn(2) ? input[theirs] : random.Pick(_values)),
            _ => Replace(input, at.Value, random.Pick(_values)),
        };
    }

    /// <summary>Of a level first, half of the time: a table of a thousand numbers must not hide the fields around it.</summary>
    private static Span Any(Random random, List<Span> spans)
    {
        if (random.OneIn(2)) return random.Pick(spans);
        int level = random.Pick(spans.Select(span => span.Level).Distinct().ToArray());
        return random.Pick(spans.FindAll(span => span.Level == level));
    }

    private static byte[] Nested(int depth) => Encoding.ASCII.GetBytes(new string('[', depth) + new string(']', depth));

    private static byte[] Replace(byte[] input, Range range, byte[] with) => [.. input[..range.Start], .. with, .. input[range.End..]];

    /// <summary>Where values stand, and their names; null for what is no JSON.</summary>
    private static List<Span>? Spans(byte[] json)
    {
        List<Span> spans = [];
        Stack<(int Start, Range? Name)> open = [];
        Utf8JsonReader reader = new(json, _lenient);
        Range? name = null;
        try
        {
            while (reader.Read())
            {
                int start = (int)reader.TokenStartIndex, end = (int)reader.BytesConsumed;
                switch (reader.TokenType)
                {
                    // BytesConsumed is behind the colon.
                    case JsonTokenType.PropertyName: name = start..(start + reader.ValueSpan.Length + 2); continue;
                    case JsonTokenType.StartObject or JsonTokenType.StartArray: open.Push((start, name)); break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        (int first, Range? itsName) = open.Pop();
                        spans.Add(new Span(first..end, itsName, open.Count));
                        break;
                    default: spans.Add(new Span(start..end, name, open.Count)); break;
                }
                name = null;
            }
            return spans;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private readonly record struct Span(Range Value, Range? Name, int Level)
    {
        /// <summary>With its name.</summary>
        public Range Whole => (Name ?? Value).Start..Value.End;

        /// <summary>With its name and a comma on one side.</summary>
        public Range WithComma(byte[] json)
        {
            int end = Value.End.Value;
            while (end < json.Length && char.IsWhiteSpace((char)json[end])) end++;
            if (end < json.Length && json[end] == ',') return Whole.Start..(end + 1);
            int start = Whole.Start.Value;
            while (start > 0 && char.IsWhiteSpace((char)json[start - 1])) start--;
            return start > 0 && json[start - 1] == ',' ? (start - 1)..Value.End : Whole;
        }
    }
}
