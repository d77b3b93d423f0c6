using Spectre.Console;
using Spectre.Console.Rendering;

namespace SafeDiffusion.Cli.Output;

/// <summary>A table of plain texts on standard output, under a title. Where no table fits without breaking words, its rows are stacked.</summary>
internal sealed class TextTable(string title, params string[] columns)
{
    /// <summary>What a column takes besides its text: a border and two spaces.</summary>
    private const int Padding = 3;

    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row; a line feed in a cell begins a line in it.</summary>
    public void Add(params IEnumerable<string> cells) => _rows.Add([.. cells]);

    public void Write()
    {
        Terminal.Out.WriteLine(title);
        if (Widths(Terminal.TableWidth) is { } widths) WriteTable(widths);
        else foreach (string line in StackedRows.Lines(columns, _rows, Terminal.TableWidth)) Terminal.WriteLine(line);
    }

    private void WriteTable(int[] widths)
    {
        Table table = new();
        for (int i = 0; i < columns.Length; i++) table.AddColumn(new TableColumn(Markup.Escape(columns[i])) { Width = widths[i] });
        foreach (string[] row in _rows) table.AddRow([.. row.Select(Markup.Escape)]);
        int width = Terminal.Out.Profile.Width;
        Terminal.Out.Profile.Width = Math.Max(width, Terminal.TableWidth);
        Terminal.Out.Write(table);
        Terminal.Out.Profile.Width = width;
    }

    /// <summary>The columns' widths, none less than its longest word; null where they do not fit.</summary>
    private int[]? Widths(int width)
    {
        RenderOptions options = RenderOptions.Create(Terminal.Out, Terminal.Out.Profile.Capabilities);
        Measurement[] measured = [.. columns.Select((column, i) => Measure([column, .. _rows.Where(row => i < row.Length).Select(row => row[i])], options))];
        int[] widths = [.. measured.Select(column => column.Min)];
        int left = width - 1 - columns.Length * Padding - widths.Sum();
        if (left < 0) return null;
        // Who needs least gets it first, so that most columns stay on one line.
        foreach (int i in Enumerable.Range(0, columns.Length).OrderBy(i => measured[i].Max - measured[i].Min))
        {
            int more = Math.Min(left, measured[i].Max - measured[i].Min);
            widths[i] += more;
            left -= more;
        }
        return widths;
    }

    private static Measurement Measure(IEnumerable<string> cells, RenderOptions options)
    {
        Measurement[] measured = [.. cells.Select(cell => ((IRenderable)new Text(cell)).Measure(options, int.MaxValue))];
        return new Measurement(measured.Max(cell => cell.Min), measured.Max(cell => cell.Max));
    }
}
