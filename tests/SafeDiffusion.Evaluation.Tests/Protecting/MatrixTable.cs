using System.Globalization;
using System.Text;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Evaluation.Protecting;

/// <summary>The page's table of methods and options; what is not measured anew stays as it stands there.</summary>
internal sealed class MatrixTable
{
    private const string Page = "docs/reliability.md";
    private const string Begin = "<!-- Protections under every option: begin, written by ProtectionMatrixTests -->\n";
    private const string End = "<!-- Protections under every option: end -->";

    private readonly string _before;
    private readonly string _after;
    private readonly Dictionary<(string Option, string Column), string> _cells = [];

    private MatrixTable(string before, string after) => (_before, _after) = (before, after);

    /// <summary>The column of the warnings of all methods.</summary>
    public static string Warnings => "warnings";

    public string? this[string option, string column]
    {
        get => _cells.GetValueOrDefault((option, column));
        set => _cells[(option, column)] = value!;
    }

    public static MatrixTable Read()
    {
        string page = File.ReadAllText(Path.Combine(Fixture.Root, Page));
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, end = page.IndexOf(End, StringComparison.Ordinal);
        MatrixTable table = new(page[..begin], page[end..]);
        string[][] rows = [.. page[begin..end].Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(row => !row.StartsWith("|---", StringComparison.Ordinal)).Select(row => row.Trim('|').Split('|', StringSplitOptions.TrimEntries))];
        foreach (string[] row in rows[1..])
        {
            for (int i = 1; i < row.Length; i++) table[row[0], rows[0][i]] = row[i];
        }
        return table;
    }

    public void Write(IReadOnlyList<string> options, IReadOnlyList<string> columns)
    {
        StringBuilder text = new($"\n| option | {string.Join(" | ", columns)} |\n|---|{string.Concat(columns.Select(_ => "---|"))}\n");
        foreach (string option in options) text.Append(CultureInfo.InvariantCulture, $"| {option} | {string.Join(" | ", columns.Select(column => this[option, column]))} |\n");
        File.WriteAllText(Path.Combine(Fixture.Root, Page), $"{_before}{text}\n{_after}");
    }
}
