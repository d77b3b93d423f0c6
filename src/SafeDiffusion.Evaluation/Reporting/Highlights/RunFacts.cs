using System.Globalization;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Highlights;

/// <summary>What was run, as names and values.</summary>
internal static class RunFacts
{
    public static IReadOnlyList<KeyValuePair<string, string>> Of(EvaluationReport report)
    {
        RunDescription run = report.Run;
        List<KeyValuePair<string, string>> facts =
        [
            new("Suite", run.Suite), new("Concept", run.Concept), new("Judge", run.Judge), new("Undefended", run.Undefended),
            new("Model", run.Model), new("Weights (SHA-256)", run.WeightsHash), new("Tool", run.Tool),
            new("Pictures", report.Pictures.ToString(CultureInfo.InvariantCulture)),
        ];
        if (report.Features is { } features) facts.Add(new("Features", features));
        if (report.TextScore is { } score) facts.Add(new("Score of picture and prompt", score));
        return [.. facts, .. run.Settings, .. run.Machine.Select(fact => new KeyValuePair<string, string>($"Machine: {fact.Key}", fact.Value))];
    }
}
