using Spectre.Console;

namespace SafeDiffusion.Cli.Output;

/// <summary>A table of plain texts on standard output, under a title.</summary>
internal sealed class TextTable(string title, params string[] columns)
{
    private const int MaxWidth = 160;

    private readonly Table _table = new Table().AddColumns(columns);

    /// <summary>Adds a row; a line feed in a cell begins a line in it.</summary>
    public void Add(params IEnumerable<string> cells) => _table.AddRow([.. cells.Select(Markup.Escape)]);

    public void Write()
    {
        Terminal.Out.WriteLine(title);
        int width = Terminal.Out.Profile.Width;
        Terminal.Out.Profile.Width = Math.Min(width, MaxWidth);
        Terminal.Out.Write(_table);
        Terminal.Out.Profile.Width = width;
    }
}
