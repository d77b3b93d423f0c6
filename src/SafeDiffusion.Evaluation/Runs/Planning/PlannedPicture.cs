using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Suites;

namespace SafeDiffusion.Evaluation.Runs.Planning;

/// <summary>A picture that a run must have: one policy's picture of one of a set's seeds.</summary>
/// <param name="Set">The prompt set.</param>
/// <param name="Index">Which of the set's seeds, from 0.</param>
/// <param name="Policy">The policy.</param>
/// <param name="Key">The key of what is drawn; equal for equal pictures.</param>
/// <param name="Image">The picture's file, relative to the run's folder; equal for equal pictures.</param>
internal sealed record PlannedPicture(PromptSet Set, int Index, SuitePolicy Policy, string Key, string Image)
{
    public long Seed => Set.FirstSeed + Index;

    public SuitePrompt Prompt => Set.PromptOf(Index);

    /// <summary>What tells its line from others.</summary>
    public ResultId Id => new(Set.Name, Policy.Name, Key);
}

/// <summary>What tells the lines of a results file apart.</summary>
internal readonly record struct ResultId(string Set, string Policy, string Key)
{
    public static ResultId Of(PictureResult result) => new(result.Set, result.Policy, result.Key);
}
