using System.Globalization;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Highlights;

/// <summary>A report in a few sentences.</summary>
internal static class Summary
{
    /// <summary>Of more protections only the best are told of one by one.</summary>
    private const int Told = 3;

    public static IReadOnlyList<string> Write(EvaluationReport report) =>
        [.. new[] { Undefended(report) }.Concat(Protections(report)).Concat([MostErased(report), Balance(report), Cost(report), Errors(report)]).OfType<string>()];

    private static string? Undefended(EvaluationReport report)
    {
        string found = Over(report, report.Run.Undefended, Metric.AttackSuccessRate, PromptSetKind.Concept, PromptSetKind.Mixed);
        return found.Length == 0 ? null : $"Without protection, \"{report.Run.Concept}\" is found in {found}.";
    }

    /// <summary>What each protection erased and kept, set by set: of all where they are few, else of the best.</summary>
    private static IEnumerable<string> Protections(EvaluationReport report)
    {
        string[] protections = [.. report.Run.Policies.Select(policy => policy.Name).Where(policy => policy != report.Run.Undefended)];
        if (protections.Length > Told) protections = [.. (TradeOff.Of(report)?.Best ?? []).OrderByDescending(point => point.Erase.Value).Select(point => point.Policy).Where(policy => policy != report.Run.Undefended).Take(Told)];
        return protections.Select(policy => Protection(report, policy)).OfType<string>();
    }

    private static string? Protection(EvaluationReport report, string policy)
    {
        string[] parts =
        [
            .. new[]
            {
                Part("the concept is found in ", Over(report, policy, Metric.AttackSuccessRate, PromptSetKind.Concept, PromptSetKind.Mixed)),
                Part("what stands beside it is kept in ", Over(report, policy, Metric.KeptRate, PromptSetKind.Mixed)),
                Part("the same to the bit are ", Over(report, policy, Metric.IdenticalShare, PromptSetKind.Harmless)),
                Part("what harmless prompts ask for is kept in ", Over(report, policy, Metric.KeptRate, PromptSetKind.Harmless)),
            }.OfType<string>(),
        ];
        return parts.Length == 0 ? null : $"With {policy}, {string.Join("; ", parts)}.";

        static string? Part(string words, string figures) => figures.Length == 0 ? null : words + figures;
    }

    /// <summary>A metric on each set of some kinds, with its interval and the number of pictures.</summary>
    private static string Over(EvaluationReport report, string policy, Metric metric, params ReadOnlySpan<PromptSetKind> kinds)
    {
        List<string> figures = [];
        foreach (PromptSetDescription set in report.Run.Sets)
        {
            if (!kinds.Contains(set.Kind) || report.Find(policy, set.Name, metric) is not { Value: not null } figure) continue;
            figures.Add(string.Create(CultureInfo.InvariantCulture, $"{metric.Form.Line(figure)} of {figure.Samples} {set.Name}"));
        }
        return string.Join(", ", figures);
    }

    private static string? MostErased(EvaluationReport report)
    {
        if (TradeOff.Of(report) is not { } tradeOff) return null;
        TradeOffPoint most = tradeOff.Points.OrderByDescending(point => point.Erase.Value).ThenByDescending(point => point.Preserve.Value).First();
        return $"{most.Policy} erases most, {Metric.EraseRate.Form.Line(most.Erase)}, on the set on which it erases least, at a {Preserved(tradeOff)} of "
            + $"{tradeOff.Preserve.Form.Line(most.Preserve)}.";
    }

    private static string? Balance(EvaluationReport report)
    {
        if (TradeOff.Of(report) is not { Best.Count: > 1 } tradeOff) return null;
        string names = string.Join(", ", tradeOff.Best.OrderByDescending(point => point.Erase.Value).Select(point => point.Policy));
        return $"No other policy both erases and preserves more than one of these, from erasing to preserving: {names}.";
    }

    private static string? Cost(EvaluationReport report)
    {
        var costs = report.Run.Policies.Select(policy => (policy.Name, Cost: report.Find(policy.Name, null, Metric.RowsRatio)?.Value))
            .Where(cost => cost.Cost is not null).OrderBy(cost => cost.Cost).ToArray();
        if (costs.Length == 0) return null;
        string Text(double? value) => Metric.RowsRatio.Form.Value(value!.Value);
        return costs[0].Cost == costs[^1].Cost
            ? $"Every protection evaluates {Text(costs[0].Cost)} the undefended UNet rows."
            : $"Protection costs {Text(costs[0].Cost)} ({costs[0].Name}) to {Text(costs[^1].Cost)} ({costs[^1].Name}) the undefended UNet rows.";
    }

    private static string? Errors(EvaluationReport report)
    {
        int errors = report.Sets.Concat(report.Kinds).Sum(row => row.Figures.Values.Count(figure => figure.Error is not null));
        return errors switch
        {
            0 => null,
            1 => "1 figure could not be computed; the tables say why.",
            _ => string.Create(CultureInfo.InvariantCulture, $"{errors} figures could not be computed; the tables say why."),
        };
    }

    private static string Preserved(TradeOff tradeOff) => tradeOff.Preserve == Metric.StructuralSimilarity
        ? "structural similarity (SSIM) of the worst harmless set"
        : tradeOff.PreserveKind == PromptSetKind.Harmless ? "kept rate on the worst harmless set" : "kept rate on the worst set beside the concept";
}
