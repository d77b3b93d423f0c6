namespace SafeDiffusion.Cli.Output;

/// <summary>Rows of a table that is too wide: each row's first cell on a line, and below it, indented, what the columns say.</summary>
internal static class StackedRows
{
    private const string Indentation = "  ";

    public static IEnumerable<string> Lines(IReadOnlyList<string> columns, IEnumerable<string[]> rows, int width) => rows.SelectMany(row =>
        Broken([Heading(columns[0], row[0])], "", width).Concat(Broken([.. row.Skip(1).Zip(columns.Skip(1), Item).OfType<string>()], Indentation, width)));

    private static string Heading(string column, string cell) => column == "#" ? $"#{cell}" : OneLine(cell);

    private static string? Item(string cell, string column) => (cell, column) switch
    {
        ("", _) => null,
        (_, "") => OneLine(cell),
        _ => $"{OneLine(column.Replace(":\n", " ", StringComparison.Ordinal))}: {OneLine(cell)}",
    };

    private static string OneLine(string cell) => cell.Replace('\n', ' ');

    /// <summary>As many items on a line as fit; one that is longer than a line is broken itself.</summary>
    private static IEnumerable<string> Broken(IReadOnlyList<string> items, string indentation, int width)
    {
        string line = "";
        foreach (string item in items)
        {
            string joined = line.Length == 0 ? indentation + item : $"{line}; {item}";
            if (joined.Length <= width)
            {
                line = joined;
                continue;
            }
            if (line.Length > 0) yield return line;
            line = indentation + item;
            while (line.Length > width)
            {
                int end = BreakBefore(line, width, indentation.Length + 1);
                yield return line[..end].TrimEnd();
                line = indentation + Indentation + line[end..].TrimStart();
            }
        }
        if (line.Length > 0) yield return line;
    }

    /// <summary>Where a line is best broken: at a space, else after a mark that parts names, else where it must.</summary>
    private static int BreakBefore(string line, int width, int least)
    {
        int space = line.LastIndexOf(' ', width);
        if (space > least + Indentation.Length) return space;
        int mark = line.LastIndexOfAny(['/', '\\', '.', '_', '-', ','], width - 1);
        return mark > least + Indentation.Length ? mark + 1 : width;
    }
}
