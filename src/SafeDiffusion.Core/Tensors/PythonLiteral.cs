using System.Buffers;
using System.Globalization;

namespace SafeDiffusion.Core.Tensors;

/// <summary>
/// Parses the dictionary that a .npy header is: strings, True, False, and tuples of whole numbers. Anything else, expressions
/// above all, is a <see cref="FormatException"/>; nothing is evaluated.
/// </summary>
internal ref struct PythonLiteral
{
    private static readonly SearchValues<char> _numberSymbols = SearchValues.Create("-0123456789");

    private ReadOnlySpan<char> _rest;

    private PythonLiteral(ReadOnlySpan<char> text) => _rest = text;

    /// <summary>The values by key: <see cref="string"/>, <see cref="bool"/>, an array of <see cref="long"/>, or <see cref="Unread"/>.</summary>
    public static Dictionary<string, object> ParseDictionary(ReadOnlySpan<char> text)
    {
        PythonLiteral literal = new(text);
        Dictionary<string, object> values = new(StringComparer.Ordinal);
        literal.Expect('{');
        while (!literal.TryTake('}'))
        {
            string key = literal.String();
            literal.Expect(':');
            if (!values.TryAdd(key, literal.Value())) throw new FormatException($"the key '{key}' occurs twice");
            if (literal.TryTake(',')) continue;
            literal.Expect('}');
            break;
        }
        literal.SkipSpace();
        if (!literal._rest.IsEmpty) throw new FormatException("something follows the dictionary");
        return values;
    }

    /// <summary>Stands for a list, which only a record's description is.</summary>
    public sealed record Unread;

    private object Value()
    {
        SkipSpace();
        return _rest switch
        {
            ['\'' or '"', ..] => String(),
            ['(', ..] => Tuple(),
            ['[', ..] => List(),
            ['T', 'r', 'u', 'e', ..] => Word(4, true),
            ['F', 'a', 'l', 's', 'e', ..] => Word(5, false),
            _ => throw new FormatException("a value is neither string, tuple nor truth value"),
        };
    }

    private bool Word(int length, bool value)
    {
        _rest = _rest[length..];
        return value;
    }

    private string String()
    {
        SkipSpace();
        if (_rest is not ['\'' or '"', ..]) throw new FormatException("a string was expected");
        int length = _rest[1..].IndexOf(_rest[0]);
        if (length < 0) throw new FormatException("a string has no end");
        string value = _rest.Slice(1, length).ToString();
        _rest = _rest[(length + 2)..];
        return value;
    }

    private long[] Tuple()
    {
        List<long> numbers = [];
        Expect('(');
        while (!TryTake(')'))
        {
            numbers.Add(Number());
            if (TryTake(',')) continue;
            if (numbers.Count == 1) throw new FormatException("the shape is not a tuple");
            Expect(')');
            break;
        }
        return [.. numbers];
    }

    /// <summary>Skips a list, brackets within it included.</summary>
    private Unread List()
    {
        int depth = 0;
        do
        {
            int next = _rest.IndexOfAny('[', ']');
            if (next < 0) throw new FormatException("a list has no end");
            depth += _rest[next] == '[' ? 1 : -1;
            _rest = _rest[(next + 1)..];
        }
        while (depth > 0);
        return new Unread();
    }

    private long Number()
    {
        SkipSpace();
        int length = _rest.IndexOfAnyExcept(_numberSymbols);
        if (length > 0 && long.TryParse(_rest[..length], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            _rest = _rest[length..];
            return number;
        }
        throw new FormatException("the shape holds something other than whole numbers below 2^63");
    }

    private void Expect(char symbol)
    {
        if (!TryTake(symbol)) throw new FormatException($"'{symbol}' was expected");
    }

    private bool TryTake(char symbol)
    {
        SkipSpace();
        if (_rest.IsEmpty || _rest[0] != symbol) return false;
        _rest = _rest[1..];
        return true;
    }

    private void SkipSpace() => _rest = _rest.TrimStart(" \t\r\n\f");
}
