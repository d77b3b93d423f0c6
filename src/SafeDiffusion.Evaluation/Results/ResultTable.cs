using SafeDiffusion.Evaluation.Judging;

namespace SafeDiffusion.Evaluation.Results;

/// <summary>A run's results, checked and in an order that does not depend on theirs.</summary>
internal sealed class ResultTable
{
    private readonly Dictionary<(string Policy, string Set), PictureResult[]> _results;
    private readonly Dictionary<PictureKey, PictureResult> _undefended;

    public ResultTable(IReadOnlyList<PictureResult> results, RunDescription run)
    {
        Run = run;
        Check(run);
        Dictionary<(string, PictureKey), PictureResult> unique = [];
        foreach (PictureResult result in results) Add(unique, result);
        if (unique.Count == 0) throw new InvalidResultsException("There are no results; run the suite first.");

        _results = unique.Values.GroupBy(result => (result.Policy, result.Set)).ToDictionary(group => group.Key, Ordered);
        _undefended = unique.Values.Where(result => result.Policy == run.Undefended).ToDictionary(PictureKey.Of);
        Count = unique.Count;
    }

    public RunDescription Run { get; }

    public int Count { get; }

    /// <summary>Every result, by policy, set, prompt and seed.</summary>
    public IEnumerable<PictureResult> All => Run.Policies.SelectMany(policy => Run.Sets.SelectMany(set => Of(policy.Name, set.Name)));

    /// <summary>The results of a policy on a set, by prompt and seed.</summary>
    public IReadOnlyList<PictureResult> Of(string policy, string set) => _results.GetValueOrDefault((policy, set), []);

    /// <summary>The results of a policy on all sets.</summary>
    public IReadOnlyList<PictureResult> Of(string policy) => [.. Run.Sets.SelectMany(set => Of(policy, set.Name))];

    /// <summary>The undefended result with the same prompt and seed; null where there is none.</summary>
    public PictureResult? UndefendedOf(PictureResult result) => _undefended.GetValueOrDefault(PictureKey.Of(result));

    /// <summary>What the run's judge found; null where it did not judge the picture.</summary>
    public Judgement? JudgementOf(PictureResult result) => result.Judgements.GetValueOrDefault(Run.Judge);

    private static void Check(RunDescription run)
    {
        RequireDistinct(run.Policies.Select(policy => policy.Name), "policy");
        RequireDistinct(run.Sets.Select(set => set.Name), "prompt set");
    }

    private static void RequireDistinct(IEnumerable<string> names, string what)
    {
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InvalidResultsException($"The run has two of {what} \"{twice.Key}\"; names must differ.");
    }

    private void Add(Dictionary<(string, PictureKey), PictureResult> unique, PictureResult result)
    {
        if (Run.Policies.All(policy => policy.Name != result.Policy))
            throw new InvalidResultsException($"A result is of policy \"{result.Policy}\", which the run does not have. Are these results of another run?");
        if (Run.Sets.All(set => set.Name != result.Set))
            throw new InvalidResultsException($"A result is of prompt set \"{result.Set}\", which the run does not have. Are these results of another run?");
        PictureKey key = PictureKey.Of(result);
        if (unique.TryAdd((result.Policy, key), result) || unique[(result.Policy, key)].Key == result.Key) return;
        throw new InvalidResultsException(
            $"Policy \"{result.Policy}\" has two different results for seed {result.Seed} of the prompt \"{result.Prompt}\" in \"{result.Set}\". "
            + "Merge only parts of one run.");
    }

    private PictureResult[] Ordered(IEnumerable<PictureResult> results)
    {
        PictureResult[] array = [.. results];
        IReadOnlyList<string> prompts = Run.Sets.First(set => set.Name == array[0].Set).Prompts;
        Dictionary<string, int> places = [];
        for (int i = 0; i < prompts.Count; i++) places.TryAdd(prompts[i], i);
        return
        [
            .. array.OrderBy(result => places.GetValueOrDefault(result.Prompt, int.MaxValue))
                .ThenBy(result => result.Prompt, StringComparer.Ordinal).ThenBy(result => result.Seed),
        ];
    }
}

/// <summary>What a defended and an undefended picture have in common.</summary>
internal readonly record struct PictureKey(string Set, string Prompt, long Seed)
{
    public static PictureKey Of(PictureResult result) => new(result.Set, result.Prompt, result.Seed);
}
