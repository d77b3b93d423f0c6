using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>A piece of HTML. Made of interpolated strings, in which everything but other pieces is escaped.</summary>
public readonly record struct Markup
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
    internal static Markup Own(string constant) => new(constant);

    /// <summary>Pieces in a row.</summary>
    public static Markup Join(IEnumerable<Markup> pieces) => new(string.Concat(pieces.Select(piece => piece.ToString())));

    /// <summary>The markup as text.</summary>
    public override string ToString() => _text ?? "";
}

/// <summary>Builds <see cref="Markup"/>: what stands in the source is markup, what is filled in is text.</summary>
[InterpolatedStringHandler]
public readonly ref struct MarkupHandler
{
    private readonly StringBuilder _text;

    /// <summary>Begins; called by the compiler.</summary>
    /// <param name="literalLength">Letters of the source.</param>
    /// <param name="formattedCount">Pieces that are filled in.</param>
    public MarkupHandler(int literalLength, int formattedCount) => _text = new(literalLength + 16 * formattedCount);

    /// <summary>Adds the source's markup, as it is.</summary>
    public void AppendLiteral(string markup) => _text.Append(markup);

    /// <summary>Adds a text, escaped.</summary>
    public void AppendFormatted(string? text) => _text.Append(SafeText.Html(text ?? ""));

    /// <summary>Adds a piece, as it is.</summary>
    public void AppendFormatted(Markup markup) => _text.Append(markup.ToString());

    /// <summary>Adds a number.</summary>
    public void AppendFormatted(int number) => _text.Append(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds a number.</summary>
    public void AppendFormatted(long number) => _text.Append(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>A coordinate, to a hundredth.</summary>
    public void AppendFormatted(double number) => _text.Append(number.ToString("0.##", CultureInfo.InvariantCulture));

    /// <summary>What was built.</summary>
    public override string ToString() => _text.ToString();
}
