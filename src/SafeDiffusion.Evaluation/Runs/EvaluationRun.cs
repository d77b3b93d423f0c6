using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Fingerprints;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Runs.Drawing;
using SafeDiffusion.Evaluation.Runs.Folder;
using SafeDiffusion.Evaluation.Runs.Planning;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>Draws and judges what a suite asks for, into a folder. What is there already is neither lost nor drawn again.</summary>
public static class EvaluationRun
{
    /// <summary>Runs a suite, or the rest of it.</summary>
    /// <param name="suite">What is measured.</param>
    /// <param name="folder">The run's folder: a new one, or one in which this suite was run, at least in part.</param>
    /// <param name="options">How, and which part; the defaults are the whole run on the CPU.</param>
    /// <param name="progress">Told after every batch, from several threads, one at a time.</param>
    /// <param name="cancellationToken">Ends the run within one network call; the folder can be run again to its end.</param>
    /// <exception cref="InvalidSuiteException">The suite names no model, or labels that its judges do not know.</exception>
    /// <exception cref="InvalidRequestException">An option is out of range, or the suite's settings do not fit the model or a policy.</exception>
    /// <exception cref="InvalidFileException">A file is missing or damaged, or the folder holds another run, is in use, or cannot be written to.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    /// <exception cref="GraphNotUnderstoodException">A policy needs the UNet's cross-attention, and it is not understood.</exception>
    /// <exception cref="InferenceException">A network failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<EvaluationOutcome> RunAsync(
        EvaluationSuite suite, string folder, EvaluationOptions? options = null, IProgress<EvaluationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(suite);
        ArgumentNullException.ThrowIfNull(folder);
        options ??= new EvaluationOptions();
        options.Validate();
        string model = options.Model ?? suite.Model ?? throw new InvalidSuiteException("model", "is missing. Name the model folder here, or when you run the suite.");
        RunResources resources = RunResources.Choose(model, options);
        using JudgePanel judges = JudgePanel.Create(suite, options.Provider);
        RunIdentity identity = await Task.Run(() => Identity(model, options, judges), cancellationToken).ConfigureAwait(false);
        RunPlan plan = RunPlan.Create(suite, new PictureKeys(identity, suite.Settings), options.Shard);
        RunManifest manifest = new(identity, RunDescriber.Describe(suite, model, identity, resources, options), suite.HasNetworks, $"{options.Shard}");
        using RunFolder run = RunFolder.Open(folder, manifest, plan.Whole);

        run.Adopt(plan.Pictures);
        RunProgress counting = new(suite, plan.Pictures.Count, progress, options.TimeProvider);
        IReadOnlyList<PictureBatch> batches = RunSchedule.Create(plan.Pictures.Where(picture => run.Find(picture.Id) is null), resources.BatchSize);
        await using SuitePipelines pipelines = await SuitePipelines.LoadAsync(
            model, Plain(options, resources), suite.Policies, Drawn(suite, batches), manifest.Description.WeightsHash, cancellationToken).ConfigureAwait(false);
        counting.Begin(plan.Pictures.Select(picture => run.Find(picture.Id)).OfType<PictureResult>());
        BatchWorkers workers = new(pipelines, suite.Settings, new BatchRecorder(run, judges.Judges, counting.Add));
        await workers.RunAsync(batches, resources.Workers, cancellationToken).ConfigureAwait(false);
        return new EvaluationOutcome
        {
            Folder = folder,
            Description = manifest.Description,
            Results = [.. plan.Pictures.Select(picture => run.Find(picture.Id)!)],
            HasNetworks = suite.HasNetworks,
            DrawnAgain = [.. run.Lost.Select(picture => $"{picture.Image}: {picture.Reason}")],
            Missing = plan.Whole.Count - plan.Pictures.Count,
            Rows = counting.Rows,
            Elapsed = counting.Elapsed,
        };
    }

    /// <summary>The policies that are drawn with; pictures that others start from are drawn without protection.</summary>
    private static IEnumerable<SuitePolicy> Drawn(EvaluationSuite suite, IReadOnlyList<PictureBatch> batches) =>
        [.. batches.Select(batch => batch.Policy), .. batches.Any(batch => batch.Start is not null) ? [suite.Undefended] : Array.Empty<SuitePolicy>()];

    private static PipelineOptions Plain(EvaluationOptions options, RunResources resources) =>
        new() { Provider = options.Provider, Threads = resources.Threads, MaxUNetRows = resources.MaxUNetRows, LoadProgress = options.LoadProgress };

    private static RunIdentity Identity(string model, EvaluationOptions options, JudgePanel judges) => new(
        ToolVersion.Text, OrtEnv.Instance().GetVersionString(), options.Provider.ToString().ToLowerInvariant(), FileHash.OfModel(model),
        [.. judges.Judges.Select(judge => new JudgeIdentity(judge.Name, judge.Fingerprint))]);
}
