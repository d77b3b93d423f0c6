using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Evaluation.Runs.Planning;

namespace SafeDiffusion.Evaluation.Runs.Folder;

/// <summary>The list of what a whole run must hold, in the report's order: a line of set, policy and key each.</summary>
internal static class PlanFile
{
    private const int MaxBytes = 1 << 30;

    public static string Write(IEnumerable<ResultId> plan) => string.Concat(plan.Select(id => $"{id.Set}\t{id.Policy}\t{id.Key}\n"));

    /// <exception cref="InvalidFileException">The file is missing or damaged.</exception>
    public static IReadOnlyList<ResultId> Read(string folder)
    {
        string path = Path.Combine(folder, RunFolder.PlanName);
        string[] lines = BoundedFile.ReadText(path, MaxBytes).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Select(line => line.Split('\t') is [string set, string policy, string key]
            ? new ResultId(set, policy, key)
            : throw new InvalidFileException(path, "is damaged. Run the suite again; results that are there are kept."))];
    }
}
