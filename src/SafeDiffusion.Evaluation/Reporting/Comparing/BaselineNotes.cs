using System.Collections.Immutable;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Comparing;

/// <summary>In what two runs differ, beside their figures.</summary>
internal static class BaselineNotes
{
    public static ImmutableArray<string> Of(EvaluationReport report, EvaluationReport earlier, int compared)
    {
        (RunDescription now, RunDescription before) = (report.Run, earlier.Run);
        List<string> notes = [];
        if (compared == 0) notes.Add("Note: there was nothing to compare.");
        if (now.WeightsHash != before.WeightsHash) notes.Add("Note: the model's weights differ.");
        if (now.Judge != before.Judge) notes.Add($"Note: the judge is \"{Text(now.Judge)}\", and was \"{Text(before.Judge)}\".");
        if (!now.Settings.OrderBy(Key, StringComparer.Ordinal).SequenceEqual(before.Settings.OrderBy(Key, StringComparer.Ordinal))) notes.Add("Note: the settings differ.");
        if (report.Features != earlier.Features) notes.Add("Note: feature distances are not compared, because their networks differ.");
        if (report.TextScore != earlier.TextScore) notes.Add("Note: scores of picture and prompt are not compared, because their networks differ.");
        Missing(notes, "policies", now.Policies.Select(policy => policy.Name), before.Policies.Select(policy => policy.Name));
        Missing(notes, "prompt sets", now.Sets.Select(set => set.Name), before.Sets.Select(set => set.Name));
        string[] changed =
        [
            .. now.Sets.Where(set => before.Sets.FirstOrDefault(other => other.Name == set.Name) is { } other && !set.Prompts.SequenceEqual(other.Prompts))
                .Select(set => Text(set.Name)),
        ];
        if (changed.Length > 0) notes.Add($"Note: other prompts in {string.Join(", ", changed)}.");
        return [.. notes];
    }

    private static void Missing(List<string> notes, string what, IEnumerable<string> now, IEnumerable<string> before)
    {
        string[] gone = [.. before.Except(now).Select(Text)];
        if (gone.Length > 0) notes.Add($"Note: {what} not compared, because they are only in the earlier report: {string.Join(", ", gone)}.");
    }

    private static string Key(KeyValuePair<string, string> setting) => setting.Key;

    private static string Text(string name) => SafeText.Visible(name);
}
