using System.Globalization;
using System.Text;

namespace SafeDiffusion.ProtectionBench;

/// <summary>The figures as Markdown.</summary>
internal static class ConceptTable
{
    public static string Write(IReadOnlyList<ConceptCount> counts, IReadOnlyList<ConceptCost> costs, IReadOnlyList<(int Concepts, int Guidelines)> learned)
    {
        StringBuilder text = new("| concepts | policy | undefended found | alone found | beside found | companion kept | cleared and clean | single identical | pairs identical | harmless kept | rows, harmless |\n|---:|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (ConceptCount count in counts) text.Append(count.Row()).Append('\n');
        text.Append("\n| concepts | method | of them for the cost alone | rows | time | pictures |\n|---:|---|---:|---|---|---:|\n");
        foreach (ConceptCost cost in costs) text.Append(CultureInfo.InvariantCulture, $"| {cost.Concepts} | {cost.Method} | {cost.MadeUp} | {cost.Rows:0.000}× | {cost.Time:0.000}× | {cost.Pictures} |\n");
        text.Append(CultureInfo.InvariantCulture, $"\nGuidelines with redraw thresholds, of the concepts: {string.Join(", ", learned.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Guidelines} of {count.Concepts}")))}\n");
        return text.ToString();
    }
}
