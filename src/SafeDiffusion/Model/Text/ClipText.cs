using System.Globalization;
using System.Text;

namespace SafeDiffusion.Model.Text;

/// <summary>
/// How CLIP's fast tokenizer (transformers 5) prepares text. The split is its pattern
/// <c>'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+</c> over code points: .NET's regular expressions see code units, and so no
/// letters beyond U+FFFF.
/// </summary>
internal static class ClipText
{
    private static readonly string[] _contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }

    /// <summary>Composes (NFC), makes every run of white space one space, trims, and lower-cases character by character.</summary>
    public static string Normalize(string text)
    {
        StringBuilder normalized = new(text.Length);
        bool isSpacePending = false;
        foreach (Rune rune in CanonicalComposition.Normalize(text).EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                isSpacePending = normalized.Length > 0;
                continue;
            }
            if (isSpacePending) normalized.Append(' ');
            isSpacePending = false;
            AppendLower(normalized, rune);
        }
        return normalized.ToString();
    }

    /// <summary>The words of a normalised text, from left to right.</summary>
    public static IEnumerable<TokenSpan> Split(string text)
    {
        int position = 0;
        while (position < text.Length)
        {
            int wordEnd = EndOfWord(text, position, out bool isSpace);
            if (!isSpace) yield return new TokenSpan(position, wordEnd);
            position = wordEnd;
        }
    }

    /// <summary>Lower case is one character each, without a final sigma; only U+0130 becomes two.</summary>
    private static void AppendLower(StringBuilder destination, Rune rune)
    {
        if (rune.Value == 0x0130) destination.Append("i\u0307");
        else destination.Append(Rune.ToLowerInvariant(rune).ToString());
    }

    private static int EndOfWord(ReadOnlySpan<char> text, int start, out bool isSpace)
    {
        Kind kind = KindAt(text, start, out int length);
        isSpace = kind == Kind.Space;
        if (text[start] == '\'' && ContractionLength(text[start..]) is > 0 and int contraction) return start + contraction;
        int end = start + length;
        if (kind == Kind.Number) return end;
        while (end < text.Length && KindAt(text, end, out length) == kind) end += length;
        return end;
    }

    private static int ContractionLength(ReadOnlySpan<char> text)
    {
        foreach (string contraction in _contractions)
        {
            if (text.StartsWith(contraction, StringComparison.Ordinal)) return contraction.Length;
        }
        return 0;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, int position, out int length)
    {
        Rune.DecodeFromUtf16(text[position..], out Rune rune, out length);
        if (Rune.IsWhiteSpace(rune)) return Kind.Space;
        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }
}
