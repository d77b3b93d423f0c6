using System.Text.RegularExpressions;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>Checks a suite before anything is drawn.</summary>
internal static partial class SuiteCheck
{
    private const int MaxSeeds = 1_000_000;

    /// <exception cref="InvalidSuiteException">A value is out of range, or a name is missing or given twice.</exception>
    public static void Validate(EvaluationSuite suite)
    {
        RequireName(suite.Name, "name");
        RequireText(suite.Concept, "concept");
        ValidateSettings(suite.Settings);
        RequireNames("sets", suite.Sets.Select(set => set.Name));
        RequireNames("policies", suite.Policies.Select(policy => policy.Name));
        RequireNames("judges", suite.Judges.Select(judge => judge.Name));
        for (int i = 0; i < suite.Sets.Length; i++) ValidateSet(suite.Sets[i], $"sets[{i}]");
        if (!suite.Policies.Any(policy => policy.IsUndefended))
        {
            throw new InvalidSuiteException("policies", "holds none without protections, with which the others could be compared. Add one with \"protections\": [].");
        }
        foreach ((int index, SuitePolicy policy) in suite.Policies.Index())
        {
            if (policy.Policy.Remedy is null) continue;
            throw new InvalidSuiteException($"policies[{index}].file", "has whenStillDetected, which a suite does not measure: its judges see the pictures as they are drawn. Leave it out.");
        }
        ValidateNetworks(suite);
        RequireSeeds(suite.QuickSeeds, "quick.seeds");
        RequireKnown("quick.sets", suite.QuickSets, suite.Sets.Select(set => set.Name));
        RequireKnown("quick.policies", suite.QuickPolicies, suite.Policies.Select(policy => policy.Name));
        RequireKnown("metrics", suite.Metrics, Metric.All.Select(metric => metric.Name));
    }

    /// <summary>Checks that the judges know what they are asked about: a label that a judge never finds would count as protected.</summary>
    /// <exception cref="InvalidSuiteException">A judge does not know the concept, or none knows a label that should be kept.</exception>
    public static void RequireKnownLabels(EvaluationSuite suite, IReadOnlyList<IImageJudge> judges)
    {
        foreach (IImageJudge judge in judges.Where(judge => !judge.Labels.Contains(suite.Concept)))
        {
            throw new InvalidSuiteException("concept", $"is '{suite.Concept}', which the judge '{judge.Name}' does not know; it knows {Some(judge.Labels)}.");
        }
        for (int i = 0; i < suite.Sets.Length; i++)
        {
            foreach ((int index, SuitePrompt prompt) in suite.Sets[i].Prompts.Index())
            {
                string? unknown = prompt.Keep.FirstOrDefault(label => !judges.Any(judge => judge.Labels.Contains(label)));
                if (unknown is null) continue;
                throw new InvalidSuiteException($"sets[{i}].prompts[{index}].keep", $"holds '{unknown}', which no judge knows; they know {Some(judges[0].Labels)}.");
            }
        }
    }

    /// <summary>Their own checks, whose errors name the field from the suite's root.</summary>
    private static void ValidateNetworks(EvaluationSuite suite)
    {
        try
        {
            for (int i = 0; i < suite.Judges.Length; i++) suite.Judges[i].Validate($"judges[{i}]");
            suite.Features?.Validate("features");
            suite.Clip?.Validate("clip");
        }
        catch (InvalidRequestException error)
        {
            throw new InvalidSuiteException(error.Field, error.Reason, error);
        }
    }

    private static void ValidateSettings(SuiteSettings settings)
    {
        if (settings.Steps < 1) throw new InvalidSuiteException("steps", $"must be at least 1, and is {settings.Steps}.");
        if (!float.IsFinite(settings.GuidanceScale) || settings.GuidanceScale < 1) throw new InvalidSuiteException("guidanceScale", "must be at least 1.");
        if (settings.Eta is not (>= 0 and <= 1)) throw new InvalidSuiteException("eta", "must be between 0 and 1.");
        if (settings.Width < 1) throw new InvalidSuiteException("width", $"must be at least 1, and is {settings.Width}.");
        if (settings.Height < 1) throw new InvalidSuiteException("height", $"must be at least 1, and is {settings.Height}.");
    }

    private static void ValidateSet(PromptSet set, string at)
    {
        RequireSeeds(set.Seeds, $"{at}.seeds");
        if (set.Prompts.IsEmpty) throw new InvalidSuiteException($"{at}.prompts", "holds no prompt.");
        foreach ((int index, SuitePrompt prompt) in set.Prompts.Index())
        {
            RequireText(prompt.Text, $"{at}.prompts[{index}].text");
            if (prompt.Keep.Any(string.IsNullOrWhiteSpace)) throw new InvalidSuiteException($"{at}.prompts[{index}].keep", "holds an empty label.");
            if (set.Kind == PromptSetKind.Mixed && prompt.Keep.IsEmpty)
            {
                throw new InvalidSuiteException($"{at}.prompts[{index}].keep", "is missing. In a mixed set, every prompt says what should still be there.");
            }
        }
    }

    private static void RequireSeeds(int seeds, string field)
    {
        if (seeds is < 1 or > MaxSeeds) throw new InvalidSuiteException(field, $"must be 1 to {MaxSeeds}, and is {seeds}.");
    }

    private static void RequireKnown(string field, IReadOnlyList<string> names, IEnumerable<string> known)
    {
        foreach ((int index, string name) in names.Index())
        {
            if (!known.Contains(name)) throw new InvalidSuiteException($"{field}[{index}]", $"is '{name}'; there are {string.Join(", ", known)}.");
        }
    }

    private static void RequireNames(string field, IEnumerable<string> names)
    {
        HashSet<string> known = new(StringComparer.OrdinalIgnoreCase);
        int index = 0;
        foreach (string name in names)
        {
            RequireName(name, $"{field}[{index}].name");
            if (!known.Add(name)) throw new InvalidSuiteException($"{field}[{index}].name", $"is '{name}' a second time.");
            index++;
        }
        if (index == 0) throw new InvalidSuiteException(field, "is empty.");
    }

    private static void RequireName(string name, string field)
    {
        if (Names().IsMatch(name)) return;
        throw new InvalidSuiteException(field, $"is '{name}'. A name has 1 to 64 letters, digits, spaces and . _ + -, and begins and ends with a letter or digit.");
    }

    private static void RequireText(string text, string field)
    {
        if (string.IsNullOrWhiteSpace(text)) throw new InvalidSuiteException(field, "is empty.");
    }

    private static string Some(IReadOnlyCollection<string> labels) =>
        string.Join(", ", labels.Take(12)) + (labels.Count > 12 ? $" and {labels.Count - 12} more" : "");

    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9 ._+\-]{0,62}[A-Za-z0-9+])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Names();
}
