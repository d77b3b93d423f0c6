using System.Text.RegularExpressions;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>Checks a suite before anything is drawn.</summary>
internal static partial class SuiteCheck
{
    internal const int MaxSeeds = 1_000_000;

    /// <summary>A run's plan is held in memory.</summary>
    private const long MaxPictures = 10_000_000;

    private static readonly FieldCheck _check = new("", (path, reason) => new InvalidSuiteException(path, reason));

    /// <exception cref="InvalidSuiteException">A value is out of range, or a name is missing or given twice.</exception>
    public static void Validate(EvaluationSuite suite)
    {
        RequireName(suite.Name, "name");
        _check.RequireText(suite.Concept, "concept");
        ValidateSettings(suite.Settings);
        RequireNames("sets", suite.Sets.Select(set => set.Name));
        RequireNames("policies", suite.Policies.Select(policy => policy.Name));
        RequireNames("judges", suite.Judges.Select(judge => judge.Name));
        _check.RequireItems<PromptSet>(suite.Sets, "sets", ValidateSet);
        long pictures = suite.Policies.Length * suite.Sets.Sum(set => (long)set.Seeds);
        _check.Require(pictures <= MaxPictures, "seeds", $"make {pictures} pictures of all sets and policies; at most {MaxPictures} are possible.");
        _check.Require(
            suite.Policies.Any(policy => policy.IsUndefended), "policies",
            "holds none without protections, with which the others could be compared. Add one with \"protections\": [].");
        foreach ((int index, SuitePolicy policy) in suite.Policies.Index())
        {
            _check.Require(
                policy.Policy.Remedy is null, $"policies[{index}].file",
                "has whenStillDetected, which a suite does not measure: its judges see the pictures as they are drawn. Leave it out.");
        }
        _check.RequireItems<JudgeSettings>(suite.Judges, "judges", (judge, check) => judge.Validate(check));
        suite.Features?.Validate(_check.Below("features"));
        suite.Clip?.Validate(_check.Below("clip"));
        _check.RequireRange(suite.QuickSeeds, 1, MaxSeeds, "quick.seeds");
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

    private static void ValidateSettings(SuiteSettings settings)
    {
        _check.RequireAtLeast(settings.Steps, 1, "steps");
        _check.RequireAtLeast(settings.GuidanceScale, 1, "guidanceScale");
        _check.RequireRange(settings.Eta, 0, 1, "eta");
        _check.RequireAtLeast(settings.Width ?? 1, 1, "width");
        _check.RequireAtLeast(settings.Height ?? 1, 1, "height");
    }

    private static void ValidateSet(PromptSet set, FieldCheck check)
    {
        check.RequireRange(set.Seeds, 1, MaxSeeds, "seeds");
        check.Require(!set.Prompts.IsEmpty, "prompts", "holds no prompt.");
        if (set.Start is { } start) ValidateStart(start, check.Below("start"));
        foreach ((int index, SuitePrompt prompt) in set.Prompts.Index())
        {
            FieldCheck below = check.Below($"prompts[{index}]");
            below.RequireText(prompt.Text, "text");
            below.Require(prompt.Text.Length <= GenerationRequest.MaxTextLength, "text", $"has {prompt.Text.Length} characters; at most {GenerationRequest.MaxTextLength} are taken.");
            below.Require(!prompt.Keep.Any(string.IsNullOrWhiteSpace), "keep", "holds an empty label.");
            below.Require(
                set.Kind != PromptSetKind.Mixed || !prompt.Keep.IsEmpty, "keep", "is missing. In a mixed set, every prompt says what should still be there.");
        }
    }

    private static void ValidateStart(StartPictures start, FieldCheck check)
    {
        check.Require(!start.Prompts.IsDefaultOrEmpty, "prompts", "holds no prompt.");
        foreach ((int index, string prompt) in start.Prompts.Index())
        {
            check.RequireText(prompt, $"prompts[{index}]");
            check.Require(prompt.Length <= GenerationRequest.MaxTextLength, $"prompts[{index}]", $"has {prompt.Length} characters; at most {GenerationRequest.MaxTextLength} are taken.");
        }
        check.Require(start.Strength is > 0 and <= 1, "strength", FormattableString.Invariant($"must be above 0 and at most 1, and is {start.Strength}."));
    }

    private static void RequireKnown(string field, IReadOnlyList<string> names, IEnumerable<string> known)
    {
        foreach ((int index, string name) in names.Index())
        {
            _check.Require(known.Contains(name), $"{field}[{index}]", $"is '{name}'; there are {string.Join(", ", known)}.");
        }
    }

    private static void RequireNames(string field, IEnumerable<string> names)
    {
        HashSet<string> known = new(StringComparer.OrdinalIgnoreCase);
        foreach ((int index, string name) in names.Index())
        {
            RequireName(name, $"{field}[{index}].name");
            _check.Require(known.Add(name), $"{field}[{index}].name", $"is '{name}' a second time.");
        }
        _check.Require(known.Count > 0, field, "is empty.");
    }

    private static void RequireName(string name, string field) => _check.Require(
        Names().IsMatch(name), field, $"is '{name}'. A name has 1 to 64 letters, digits, spaces and . _ + -, and begins and ends with a letter or digit.");

    private static string Some(IReadOnlyCollection<string> labels) =>
        string.Join(", ", labels.Take(12)) + (labels.Count > 12 ? $" and {labels.Count - 12} more" : "");

    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9 ._+\-]{0,62}[A-Za-z0-9+])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Names();
}
