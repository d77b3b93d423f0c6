using System.Globalization;
using System.Text;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>Texts that others wrote, so that they can be shown: nothing in them acts, and nothing in them hides.</summary>
internal static class SafeText
{
    private const string MarkdownSpecial = "\\`*_[]|#~$";

    /// <inheritdoc cref="VisibleText.Of"/>
    public static string Visible(string text) => VisibleText.Of(text);

    /// <summary>The visible text for HTML, in elements and in quoted attributes.</summary>
    public static string Html(string text)
    {
        StringBuilder escaped = new(text.Length);
        foreach (char character in Visible(text))
        {
            _ = character switch
            {
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '&' => escaped.Append("&amp;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&#39;"),
                _ => escaped.Append(character),
            };
        }
        return escaped.ToString();
    }

    /// <summary>A text of several lines for HTML's pre element: line ends stay.</summary>
    public static string HtmlLines(string text) => string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(Html));

    /// <summary>The visible text for a line of Markdown.</summary>
    public static string Markdown(string text)
    {
        StringBuilder escaped = new(text.Length);
        foreach (char character in Visible(text))
        {
            if (MarkdownSpecial.Contains(character, StringComparison.Ordinal)) escaped.Append('\\');
            escaped.Append(character switch { '<' => "&lt;", '>' => "&gt;", '&' => "&amp;", _ => character.ToString() });
        }
        return escaped.ToString();
    }

    /// <summary>The visible text as a field of a CSV file; what a spreadsheet would take for a formula is led by an apostrophe.</summary>
    public static string Csv(string text)
    {
        string visible = Visible(text);
        if (visible.Length > 0 && "=+-@".Contains(visible[0], StringComparison.Ordinal)) visible = $"'{visible}";
        return visible.AsSpan().ContainsAny(",\";") ? $"\"{visible.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : visible;
    }

    /// <summary>The visible text, cut to a number of characters as people count them.</summary>
    public static string Short(string text, int most)
    {
        string visible = Visible(text);
        StringInfo characters = new(visible);
        return characters.LengthInTextElements <= most ? visible : characters.SubstringByTextElements(0, most - 1) + "…";
    }
}
