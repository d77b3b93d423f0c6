using SafeDiffusion.Evaluation.Suites;

namespace SafeDiffusion.Evaluation.Runs.Planning;

/// <summary>The pictures of a run, in the report's order: by set, then seed, then policy.</summary>
internal sealed class RunPlan
{
    private RunPlan(ResultId[] whole, PlannedPicture[] pictures)
    {
        Whole = whole;
        Pictures = pictures;
    }

    /// <summary>The pictures of this shard.</summary>
    public IReadOnlyList<PlannedPicture> Pictures { get; }

    /// <summary>The results of all shards.</summary>
    public IReadOnlyList<ResultId> Whole { get; }

    public static RunPlan Create(EvaluationSuite suite, PictureKeys keys, Shard shard)
    {
        Dictionary<SuitePolicy, string> contents = suite.Policies.ToDictionary(policy => policy, policy => PolicyContent.Of(policy.Policy).ToJsonString());
        Dictionary<string, string> images = [];
        List<ResultId> whole = [];
        List<PlannedPicture> part = [];
        int ordinal = 0;
        foreach (PromptSet set in suite.Sets)
        {
            for (int index = 0; index < set.Seeds; index++, ordinal++)
            {
                foreach (SuitePolicy policy in suite.Policies)
                {
                    string key = keys.Of(contents[policy], set.PromptOf(index).Text, set.FirstSeed + index, PictureKeys.StartOf(set, index));
                    if (!images.TryGetValue(key, out string? image)) images[key] = image = ImageName(set, index, policy, key);
                    PlannedPicture picture = new(set, index, policy, key, image);
                    whole.Add(picture.Id);
                    if (shard.Holds(ordinal)) part.Add(picture);
                }
            }
        }
        return new RunPlan([.. whole], [.. part]);
    }

    private static string ImageName(PromptSet set, int index, SuitePolicy policy, string key) => FormattableString.Invariant(
        $"pictures/{FileName(set.Name)}-{set.FirstSeed + index:0000}-{FileName(policy.Name)}-{key[..12]}.png");

    private static string FileName(string name) => name.Replace(' ', '-');
}
