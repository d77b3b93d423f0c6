using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Runs.Folder;
using SafeDiffusion.Evaluation.Runs.Planning;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>Joins the folders of a run's shards to the folder that the whole run would have made.</summary>
public static class RunMerge
{
    /// <summary>Joins folders; what the target holds already is kept.</summary>
    /// <param name="folders">The shards' folders, at least one.</param>
    /// <param name="target">The folder to make.</param>
    /// <param name="cancellationToken">Cancels; merging again goes on where it ended.</param>
    /// <exception cref="InvalidFileException">A folder is no run's, is of another run than the first, or results are missing.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static EvaluationOutcome Merge(IReadOnlyList<string> folders, string target, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folders);
        ArgumentNullException.ThrowIfNull(target);
        if (folders.Count == 0) throw new ArgumentException("There is no folder to merge.", nameof(folders));
        if (folders.Any(folder => FileFacts.Of(folder).Identity == FileFacts.Of(target).Identity)) throw new InvalidFileException(target, "is one of the folders that are joined. Name another one for the whole run.");
        RunManifest first = RunManifest.Load(folders[0]);
        IReadOnlyList<ResultId> plan = PlanFile.Read(folders[0]);
        foreach (string folder in folders.Skip(1)) RequireSameRun(folders[0], first, plan, folder);

        Dictionary<ResultId, (string Folder, PictureResult Result)> found = Results(folders);
        using RunFolder run = RunFolder.Open(target, first with { Shard = $"{Shard.Whole}" }, plan);
        ResultId[] missing = [.. plan.Where(id => run.Find(id) is null)];
        RequireComplete([.. missing.Where(id => !found.ContainsKey(id))], plan.Count);
        foreach (ResultId id in missing)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (string folder, PictureResult result) = found[id];
            Copy(folder, run, result.Image);
            run.Add([result]);
        }
        return new EvaluationOutcome { Folder = target, Description = first.Description, HasNetworks = first.HasNetworks, DrawnAgain = [.. run.Lost.Select(picture => $"{picture.Image}: {picture.Reason}")], Results = [.. plan.Select(id => run.Find(id)!)] };
    }

    private static void RequireSameRun(string firstFolder, RunManifest first, IReadOnlyList<ResultId> plan, string folder)
    {
        string? difference = first.Identity.DifferenceTo(RunManifest.Load(folder).Identity);
        if (difference is null && !plan.SequenceEqual(PlanFile.Read(folder))) difference = "suite, or another part of it";
        if (difference is not null) throw new InvalidFileException(folder, $"does not go together with {firstFolder}: it was run with another {difference}.");
    }

    private static Dictionary<ResultId, (string Folder, PictureResult Result)> Results(IEnumerable<string> folders)
    {
        Dictionary<ResultId, (string Folder, PictureResult Result)> found = [];
        foreach (string folder in folders)
        {
            IReadOnlyList<PictureResult> results = ResultsFile.Read(Path.Combine(folder, RunFolder.ResultsName));
            HashSet<(string, string)> lost = [.. PictureCheck.Lost(folder, results).Select(picture => (picture.Image, picture.PixelsHash))];
            foreach (PictureResult result in results.Where(result => !lost.Contains((result.Image, result.PixelsHash))))
            {
                found.TryAdd(ResultId.Of(result), (folder, result));
            }
        }
        return found;
    }

    private static void RequireComplete(ResultId[] missing, int total)
    {
        if (missing.Length == 0) return;
        throw new InvalidFileException(
            RunFolder.ResultsName,
            $"of {total} results {missing.Length} are in none of the folders with a sound picture, such as one of the set '{missing[0].Set}' and the policy '{missing[0].Policy}'. Run the missing shard, or name its folder as well.");
    }

    private static void Copy(string folder, RunFolder run, string image)
    {
        if (Path.IsPathRooted(image) || image.Split('/', '\\').Contains("..")) throw new InvalidFileException(image, "leaves the run's folder.");
        string target = run.PathOf(image);
        AtomicFile.Write(target, stream => CopyAll(Path.Combine(folder, image), stream));
    }

    private static void CopyAll(string file, Stream target)
    {
        try
        {
            using FileStream source = File.OpenRead(file);
            source.CopyTo(target);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(file, $"cannot be read: {error.Message}", error);
        }
    }
}
