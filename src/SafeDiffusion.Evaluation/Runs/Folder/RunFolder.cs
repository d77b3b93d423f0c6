using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Runs.Planning;

namespace SafeDiffusion.Evaluation.Runs.Folder;

/// <summary>A run's folder, open for one process: <c>run.json</c>, <c>plan.txt</c>, <c>results.jsonl</c> and <c>pictures</c>.</summary>
internal sealed class RunFolder : IDisposable
{
    public const string ResultsName = "results.jsonl";
    public const string PlanName = "plan.txt";

    private readonly IDisposable _taken;
    private readonly Lock _lock = new();
    private readonly Dictionary<ResultId, PictureResult> _results = [];
    private ResultsFile? _file;

    private RunFolder(string path, IDisposable taken)
    {
        Path = path;
        _taken = taken;
    }

    public string Path { get; }

    /// <summary>Opens or makes the folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="manifest">What is run.</param>
    /// <param name="plan">The results of the whole run, in the report's order.</param>
    /// <exception cref="InvalidFileException">It holds another run, is in use, is damaged, or cannot be written to.</exception>
    public static RunFolder Open(string path, RunManifest manifest, IReadOnlyCollection<ResultId> plan)
    {
        CreateFolder(path);
        RunFolder folder = new(path, RunLock.Take(path));
        try
        {
            folder.RequireSameRun(manifest.Identity);
            folder.ReadResults(plan);
            manifest.Save(path);
            AtomicFile.WriteText(System.IO.Path.Combine(path, PlanName), PlanFile.Write(plan));
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Results that were there, but count for nothing since their picture is gone or damaged, with the reason.</summary>
    public IReadOnlyList<LostPicture> Lost { get; private set; } = [];

    /// <summary>The result of a planned picture; null where it is not there yet.</summary>
    public PictureResult? Find(ResultId id)
    {
        lock (_lock) return _results.GetValueOrDefault(id);
    }

    /// <summary>Where a picture lies.</summary>
    public string PathOf(string image) => System.IO.Path.Combine(Path, image);

    /// <summary>Adds results whose pictures are there; those that are there already are left out.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Add(IEnumerable<PictureResult> results)
    {
        lock (_lock)
        {
            PictureResult[] added = [.. results.DistinctBy(ResultId.Of).Where(result => !_results.ContainsKey(ResultId.Of(result)))];
            _file!.Append(added);
            foreach (PictureResult result in added) _results[ResultId.Of(result)] = result;
        }
    }

    /// <summary>Adds what is there under other names of set or policy; nothing is drawn for it.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Adopt(IEnumerable<PlannedPicture> pictures)
    {
        Dictionary<string, PictureResult> known = [];
        foreach (PictureResult result in _results.Values) known.TryAdd(result.Key, result);
        Add([.. from picture in pictures
                where !_results.ContainsKey(picture.Id) && known.ContainsKey(picture.Key)
                select known[picture.Key] with { Set = picture.Set.Name, Policy = picture.Policy.Name, Keep = [.. picture.Prompt.Keep] }]);
    }

    public void Dispose()
    {
        _file?.Dispose();
        _taken.Dispose();
    }

    private static void CreateFolder(string path)
    {
        FilePath.Require(path);
        try
        {
            Directory.CreateDirectory(System.IO.Path.Combine(path, "pictures"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be made: {error.Message}", error);
        }
    }

    private void RequireSameRun(RunIdentity identity)
    {
        if (!File.Exists(System.IO.Path.Combine(Path, RunManifest.FileName))) return;
        if (identity.DifferenceTo(RunManifest.Load(Path).Identity) is not { } difference) return;
        throw new InvalidFileException(Path, $"holds a run with another {difference}. Choose another folder, or delete this one.");
    }

    /// <summary>Results whose picture is gone or damaged count as missing; results of other plans stay where they are and count for nothing.</summary>
    private void ReadResults(IReadOnlyCollection<ResultId> plan)
    {
        _file = ResultsFile.Open(System.IO.Path.Combine(Path, ResultsName), out IReadOnlyList<PictureResult> results);
        HashSet<string> keys = [.. plan.Select(id => id.Key)];
        PictureResult[] planned = [.. results.Where(result => keys.Contains(result.Key))];
        if (results.Count > 0 && planned.Length == 0)
        {
            throw new InvalidFileException(Path, "holds the results of another suite. Choose another folder, or delete this one.");
        }
        LostPicture[] lost = PictureCheck.Lost(Path, planned);
        HashSet<(string, string)> damaged = [.. lost.Select(picture => (picture.Image, picture.PixelsHash))];
        foreach (PictureResult result in planned.Where(result => !damaged.Contains((result.Image, result.PixelsHash)))) _results.TryAdd(ResultId.Of(result), result);
        // A picture that was drawn again has two lines, of which the later one tells the truth.
        HashSet<string> sound = [.. _results.Values.Select(result => result.Image)];
        Lost = [.. lost.Where(picture => !sound.Contains(picture.Image))];
    }
}
