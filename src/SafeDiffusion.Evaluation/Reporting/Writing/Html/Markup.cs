using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>A piece of HTML. Made of interpolated strings, in which everything but other pieces is escaped.</summary>
internal readonly record struct Markup
{
    private readonly string? _text;

    private Markup(string text) => _text = text;

    /// <summary>Nothing.</summary>
    public static Markup Empty { get; }

    /// <summary>A piece of an interpolated string.</summary>
    public static Markup Of(MarkupHandler handler) => new(handler.ToString());

    /// <summary>A text of several lines, escaped; for the pre element.</summary>
    public static Markup Lines(string text) => new(SafeText.HtmlLines(text));

    /// <summary>This assembly's own text, as it is.</summary>
    public static Markup Own(string constant) => new(constant);

    /// <summary>Pieces in a row.</summary>
    public static Markup Join(IEnumerable<Markup> pieces) => new(string.Concat(pieces.Select(piece => piece.ToString())));

    public override string ToString() => _text ?? "";
}

/// <summary>Builds <see cref="Markup"/>: what stands in the source is markup, what is filled in is text.</summary>
[InterpolatedStringHandler]
internal readonly struct MarkupHandler(int literalLength, int formattedCount)
{
    private readonly StringBuilder _text = new(literalLength + 16 * formattedCount);

    public void AppendLiteral(string markup) => _text.Append(markup);

    public void AppendFormatted(string? text) => _text.Append(SafeText.Html(text ?? ""));

    public void AppendFormatted(Markup markup) => _text.Append(markup.ToString());

    public void AppendFormatted(int number) => _text.Append(number.ToString(CultureInfo.InvariantCulture));

    public void AppendFormatted(long number) => _text.Append(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>A coordinate, to a hundredth.</summary>
    public void AppendFormatted(double number) => _text.Append(number.ToString("0.##", CultureInfo.InvariantCulture));

    public override string ToString() => _text.ToString();
}
