using System.Buffers;
using System.Globalization;
using System.Text;

namespace SafeDiffusion.Core.Files;

/// <summary>Texts from files and requests, so that they can be shown on a terminal or a page: nothing in them acts, and nothing in them hides.</summary>
public static class VisibleText
{
    /// <summary>The text with control and format characters (escapes, line ends, changes of direction, invisible ones) written as <c>[U+001B]</c>.</summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        StringBuilder visible = new(text.Length);
        for (int i = 0; i < text.Length;)
        {
            bool valid = Rune.DecodeFromUtf16(text.AsSpan(i), out Rune rune, out int length) == OperationStatus.Done;
            if (valid && !IsHidden(rune)) visible.Append(text, i, length);
            else visible.Append(CultureInfo.InvariantCulture, $"[U+{(valid ? rune.Value : text[i]):X4}]");
            i += length;
        }
        return visible.ToString();
    }

    /// <summary>The same for a text of several lines, whose line feeds stay.</summary>
    public static string OfLines(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Contains('\n', StringComparison.Ordinal) ? string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(Of)) : Of(text);
    }

    // The zero width joiner holds emoji and some scripts' letters together.
    private static bool IsHidden(Rune rune) => rune.Value != 0x200D && Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
}
