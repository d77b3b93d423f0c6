using System.Security.Cryptography;
using System.Text;
using SafeDiffusion.Evaluation.Suites;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>The pictures of a run, in the report's order: by set, then seed, then policy.</summary>
internal sealed class RunPlan
{
    private readonly PlannedPicture[] _whole;

    private RunPlan(PlannedPicture[] whole, PlannedPicture[] pictures)
    {
        _whole = whole;
        Pictures = pictures;
    }

    /// <summary>The pictures of this shard.</summary>
    public IReadOnlyList<PlannedPicture> Pictures { get; }

    /// <summary>The pictures of all shards.</summary>
    public int WholeCount => _whole.Length;

    /// <summary>The SHA-256 of what all shards together draw, by which merging knows that nothing is missing.</summary>
    public string WholeHash => HashOf(_whole.Select(picture => picture.Id));

    public static RunPlan Create(EvaluationSuite suite, PictureKeys keys, Shard shard)
    {
        Dictionary<SuitePolicy, string> contents = suite.Policies.ToDictionary(policy => policy, policy => PolicyContent.Of(policy.Policy, suite.Folder));
        Dictionary<string, string> images = [];
        List<PlannedPicture> whole = [];
        List<PlannedPicture> part = [];
        int ordinal = 0;
        foreach (PromptSet set in suite.Sets)
        {
            for (int index = 0; index < set.Seeds; index++, ordinal++)
            {
                foreach (SuitePolicy policy in suite.Policies)
                {
                    string key = keys.Of(contents[policy], set.PromptOf(index).Text, set.FirstSeed + index);
                    if (!images.TryGetValue(key, out string? image)) images[key] = image = ImageName(set, index, policy, key);
                    PlannedPicture picture = new(set, index, policy, key, image);
                    whole.Add(picture);
                    if (shard.Holds(ordinal)) part.Add(picture);
                }
            }
        }
        return new RunPlan([.. whole], [.. part]);
    }

    /// <summary>The hash of a list of results in the report's order.</summary>
    public static string HashOf(IEnumerable<ResultId> results) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', results.Select(id => $"{id.Set}\t{id.Policy}\t{id.Key}")))));

    private static string ImageName(PromptSet set, int index, SuitePolicy policy, string key) => FormattableString.Invariant(
        $"pictures/{FileName(set.Name)}-{set.FirstSeed + index:0000}-{FileName(policy.Name)}-{key[..12]}.png");

    private static string FileName(string name) => name.Replace(' ', '-');
}
