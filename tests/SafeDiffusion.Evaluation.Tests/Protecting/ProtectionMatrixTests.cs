using System.Globalization;
using System.Text;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Evaluation.Protecting;

/// <summary>
/// Model layer, by the exact judge: every method under everything that a request can say either acts as measured, or is refused, or the
/// report warns. A few seeds of each here; with the environment variable <c>PROTECTION_SEEDS</c> set to more, docs/reliability.md gets the table.
/// </summary>
public sealed class ProtectionMatrixTests
{
    private const int FewSeeds = 2;
    private const string Page = "docs/reliability.md";
    private const string Begin = "<!-- Protections under every option: begin, written by ProtectionMatrixTests -->\n";
    private const string End = "<!-- Protections under every option: end -->";

    private static readonly int _seeds = int.Parse(Environment.GetEnvironmentVariable("PROTECTION_SEEDS") ?? $"{FewSeeds}", CultureInfo.InvariantCulture);

    [Fact]
    public async Task EveryMethodActsUnderEveryOptionOrTheUserIsTold()
    {
        await using ProtectionMatrix matrix = await ProtectionMatrix.LoadAsync(_seeds);
        (string Name, SafetyPolicy Policy)[] methods = [.. ProtectionMatrix.AllMethods(), ("no protection", SafetyPolicy.Empty)];
        Dictionary<string, ProtectionOutcome> measured = [];
        List<string> failures = [];
        StringBuilder table = new($"| option | {string.Join(" | ", methods.Select(method => method.Name))} | warnings |\n|---|{string.Concat(methods.Select(_ => "---|"))}---|\n");
        foreach ((string option, GenerationRequest request) in await matrix.OptionsAsync())
        {
            List<string> cells = [];
            SortedSet<string> warnings = new(StringComparer.Ordinal);
            foreach ((string method, SafetyPolicy policy) in methods)
            {
                ProtectionOutcome outcome = await matrix.RunAsync(policy, request);
                if (option == ProtectionMatrix.AsMeasured) measured[method] = outcome;
                if (!policy.Protections.IsEmpty && (option != ProtectionMatrix.ManyTimes || policy.Requirements.Detects) && !Holds(policy, outcome, measured[method])) failures.Add($"{method}, {option}: {outcome}");
                cells.Add(outcome.Cell(policy.Requirements.Detects));
                warnings.UnionWith(outcome.Warnings);
            }
            table.Append(CultureInfo.InvariantCulture, $"| {option} | {string.Join(" | ", cells)} | {string.Join(", ", warnings.Select(code => $"`{code}`"))} |\n");
        }
        if (_seeds > FewSeeds) Write(table.ToString());
        Assert.Empty(failures);
        Assert.Equal(Outline(Read()), Outline(table.ToString()));
    }

    /// <summary>Refused, or warned of, or flagged where it fails, or no worse than as it was measured, by more than chance.</summary>
    private static bool Holds(SafetyPolicy policy, ProtectionOutcome outcome, ProtectionOutcome measured)
    {
        if (outcome.Refusal is not null || !outcome.Warnings.IsEmpty) return true;
        if (policy.Requirements.Detects && outcome.Unflagged == 0) return true;
        return policy.Protections.All(protection => protection is not Observer) && outcome.Rate <= measured.Rate + 1 / Math.Sqrt(outcome.Pictures);
    }

    /// <summary>What does not depend on the number of seeds: options, refusals and warnings.</summary>
    private static string[] Outline(string table) =>
        [.. table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(row => string.Join('|', row.Split(" | ").Select(cell => cell.Contains('/', StringComparison.Ordinal) ? "drawn" : cell)))];

    private static string Read() => Split().Table.Trim('\n');

    private static void Write(string table)
    {
        (string before, _, string after) = Split();
        File.WriteAllText(Path.Combine(Fixture.Root, Page), $"{before}\n{table}\n{after}");
    }

    /// <summary>The page before, in and after the table.</summary>
    private static (string Before, string Table, string After) Split()
    {
        string page = File.ReadAllText(Path.Combine(Fixture.Root, Page));
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, end = page.IndexOf(End, StringComparison.Ordinal);
        return (page[..begin], page[begin..end], page[end..]);
    }
}
