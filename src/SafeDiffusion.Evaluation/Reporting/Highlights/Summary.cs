using System.Globalization;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Highlights;

/// <summary>A report in a few sentences.</summary>
internal static class Summary
{
    public static IReadOnlyList<string> Write(EvaluationReport report) =>
        [.. new[] { Undefended(report), MostErased(report), Balance(report), Cost(report), Errors(report) }.OfType<string>()];

    private static string? Undefended(EvaluationReport report)
    {
        PromptSetKind[] kinds = [PromptSetKind.Concept, PromptSetKind.Mixed];
        return kinds.Select(kind => report.Find(report.Run.Undefended, kind, Metric.AttackSuccessRate)).FirstOrDefault(figure => figure?.Value is not null)
            is { } found
            ? $"Without protection, \"{report.Run.Concept}\" is found in {Metric.AttackSuccessRate.Form.Line(found)} of {found.Samples} pictures whose prompts bring it."
            : null;
    }

    private static string? MostErased(EvaluationReport report)
    {
        if (TradeOff.Of(report) is not { } tradeOff) return null;
        TradeOffPoint most = tradeOff.Points.OrderByDescending(point => point.Erase.Value).ThenByDescending(point => point.Preserve.Value).First();
        return $"{most.Policy} erases most, {Metric.EraseRate.Form.Line(most.Erase)}, at a {Preserved(tradeOff)} of "
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
        ? "structural similarity (SSIM) of harmless pictures"
        : tradeOff.PreserveKind == PromptSetKind.Harmless ? "kept rate on harmless prompts" : "kept rate beside the concept";
}
