using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Embedding;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>What is measured: a model, prompt sets, policies and judges. Read from a JSON file (docs/evaluation.md).</summary>
public sealed record EvaluationSuite
{
    /// <summary>Its name, as in reports.</summary>
    public required string Name { get; init; }

    /// <summary>The folder that its paths are relative to.</summary>
    public required string Folder { get; init; }

    /// <summary>The model folder's path; null where the suite leaves it to whoever runs it.</summary>
    public string? Model { get; init; }

    /// <summary>The label of what should not be drawn, one of every judge's labels.</summary>
    public required string Concept { get; init; }

    /// <summary>How every picture is drawn.</summary>
    public required SuiteSettings Settings { get; init; }

    /// <summary>The prompt sets, at least one.</summary>
    public required ImmutableArray<PromptSet> Sets { get; init; }

    /// <summary>The policies; one of them has no protection.</summary>
    public required ImmutableArray<SuitePolicy> Policies { get; init; }

    /// <summary>The judges, at least one; figures shown during a run are the first one's.</summary>
    public required ImmutableArray<JudgeSettings> Judges { get; init; }

    /// <summary>The names of the metrics to report; empty for all that can be computed.</summary>
    public ImmutableArray<string> Metrics { get; init; } = [];

    /// <summary>The network whose features distances between sets of pictures rest on; null for no such distances.</summary>
    public FeatureExtractorSettings? Features { get; init; }

    /// <summary>The CLIP model that scores pictures and prompts; null for no such score.</summary>
    public ClipScorerSettings? Clip { get; init; }

    /// <summary>Seeds of a set in a quick run, at least 1.</summary>
    public int QuickSeeds { get; init; } = 8;

    /// <summary>Names of the sets of a quick run; empty for all.</summary>
    public ImmutableArray<string> QuickSets { get; init; } = [];

    /// <summary>Names of the policies of a quick run; empty for all.</summary>
    public ImmutableArray<string> QuickPolicies { get; init; } = [];

    /// <summary>The files that its prompt sets, policies and judges were read from, or name; not its own.</summary>
    public ImmutableArray<string> Files { get; init; } = [];

    /// <summary>Whether the report needs networks.</summary>
    public bool HasNetworks => Features is not null || Clip is not null;

    /// <summary>The pictures that a run of the whole suite draws.</summary>
    public int Pictures => Policies.Length * Sets.Sum(set => set.Seeds);

    /// <summary>The policy that the others are compared with: the first without a protection.</summary>
    public SuitePolicy Undefended => Policies.First(policy => policy.IsUndefended);

    /// <summary>Reads a suite from a JSON file; its folder is the file's.</summary>
    /// <param name="path">The file.</param>
    /// <param name="judges">The kinds of judges that it may name; null for <see cref="JudgeCatalogue.Default"/>.</param>
    /// <param name="methods">The methods that its policies may name; null for <see cref="MethodCatalogue.Default"/>.</param>
    /// <exception cref="InvalidFileException">The file, or one that it names, is missing or too large.</exception>
    /// <exception cref="InvalidSuiteException">The file is not a suite; the error names the field by its path.</exception>
    public static EvaluationSuite Load(string path, JudgeCatalogue? judges = null, MethodCatalogue? methods = null) =>
        SuiteJson.Load(path, judges ?? JudgeCatalogue.Default, methods ?? MethodCatalogue.Default);

    /// <summary>Reads a suite from JSON text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="folder">The folder that its paths are relative to, and may not leave.</param>
    /// <param name="judges">The kinds of judges that it may name; null for <see cref="JudgeCatalogue.Default"/>.</param>
    /// <param name="methods">The methods that its policies may name; null for <see cref="MethodCatalogue.Default"/>.</param>
    /// <exception cref="InvalidFileException">A file that it names is missing or too large.</exception>
    /// <exception cref="InvalidSuiteException">The text is not a suite; the error names the field by its path.</exception>
    public static EvaluationSuite Parse(string json, string folder, JudgeCatalogue? judges = null, MethodCatalogue? methods = null) =>
        SuiteJson.Parse(json, folder, judges ?? JudgeCatalogue.Default, methods ?? MethodCatalogue.Default);

    /// <summary>Checks a suite that was made in code as one that is read.</summary>
    /// <exception cref="InvalidSuiteException">A field is out of its range or contradicts another; the error names it by its path.</exception>
    public void Validate() => SuiteCheck.Validate(this);

    /// <summary>The part of the suite that a quick run draws.</summary>
    public EvaluationSuite Quick()
    {
        EvaluationSuite part = WithSeeds(QuickSeeds);
        if (!QuickSets.IsEmpty) part = part.WithSets(QuickSets);
        return QuickPolicies.IsEmpty ? part : part.WithPolicies(QuickPolicies);
    }

    /// <summary>The suite with this many seeds in each set.</summary>
    /// <exception cref="InvalidSuiteException">It is less than 1 or more than a million.</exception>
    public EvaluationSuite WithSeeds(int seeds)
    {
        if (seeds is < 1 or > SuiteCheck.MaxSeeds) throw new InvalidSuiteException("seeds", $"must be from 1 to {SuiteCheck.MaxSeeds}, and is {seeds}.");
        return this with { Sets = [.. Sets.Select(set => set with { Seeds = seeds })] };
    }

    /// <summary>The suite with the sets of these names alone, in the suite's order.</summary>
    /// <exception cref="InvalidSuiteException">There is no set of such a name.</exception>
    public EvaluationSuite WithSets(IReadOnlyCollection<string> names)
    {
        RequireKnown("sets", names, Sets.Select(set => set.Name));
        return this with { Sets = [.. Sets.Where(set => names.Contains(set.Name))] };
    }

    /// <summary>The suite with the policies of these names alone and the undefended one, in the suite's order.</summary>
    /// <exception cref="InvalidSuiteException">There is no policy of such a name.</exception>
    public EvaluationSuite WithPolicies(IReadOnlyCollection<string> names)
    {
        RequireKnown("policies", names, Policies.Select(policy => policy.Name));
        return this with { Policies = [.. Policies.Where(policy => policy == Undefended || names.Contains(policy.Name))] };
    }

    private static void RequireKnown(string field, IEnumerable<string> names, IEnumerable<string> known)
    {
        string[] all = [.. known];
        string? unknown = names.FirstOrDefault(name => !all.Contains(name));
        if (unknown is not null) throw new InvalidSuiteException(field, $"holds no '{unknown}'; there are {string.Join(", ", all)}.{NearestName.Question(unknown, all)}");
    }
}
