using SafeDiffusion.Composing.Assets;
using SafeDiffusion.Composing.Candidates;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Composing;

/// <summary>The candidates that can be composed of what there is, and why the others cannot.</summary>
/// <param name="Policies">The policies, by their candidates.</param>
/// <param name="Left">Why the others cannot, a clause each.</param>
internal sealed record Composition(IReadOnlyList<(Candidate Candidate, SuitePolicy Policy)> Policies, IReadOnlyList<(Candidate Candidate, string Reason)> Left)
{
    public static Composition Of(IReadOnlyList<Candidate> candidates, Ingredients parts, IReadOnlyDictionary<string, string> faults)
    {
        List<(Candidate, SuitePolicy)> policies = [];
        List<(Candidate, string)> left = [];
        foreach (Candidate candidate in candidates)
        {
            if (Fault(candidate, parts, faults) is { } reason)
            {
                left.Add((candidate, reason));
                continue;
            }
            try
            {
                policies.Add((candidate, new SuitePolicy(candidate.Name, candidate.Compose(parts))));
            }
            catch (InvalidPolicyException error)
            {
                left.Add((candidate, error.Reason));
            }
        }
        return new(policies, left);
    }

    /// <summary>Why a candidate cannot be composed; null where it can.</summary>
    private static string? Fault(Candidate candidate, Ingredients parts, IReadOnlyDictionary<string, string> faults)
    {
        if (candidate.NeedsInstead && parts.Instead is null) return "needs something to draw instead: --instead, or harmless things that the judge knows";
        string? missing = candidate.Needs.FirstOrDefault(kind => !parts.Assets.ContainsKey(kind));
        return missing is null ? null : $"needs a {missing}: {faults.GetValueOrDefault(missing, $"nothing known learns it; known are {string.Join(", ", AssetRecipe.All.Select(recipe => recipe.Kind))}")}";
    }
}
