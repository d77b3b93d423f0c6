using System.Collections.Concurrent;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Runs.Planning;
using SafeDiffusion.Evaluation.Suites;

namespace SafeDiffusion.Evaluation.Runs.Drawing;

/// <summary>Draws batches, several at a time; while a worker draws one, what came of the one before is judged and written.</summary>
internal sealed class BatchWorkers(SuitePipelines pipelines, SuiteSettings settings, BatchRecorder recorder)
{
    private readonly ConcurrentDictionary<(string Prompt, long Seed), RgbImage> _starts = new();

    /// <summary>Draws all batches. When it ends early, what was drawn completely is written.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="InferenceException">A network failed.</exception>
    /// <exception cref="InvalidRequestException">The suite's settings do not fit the model or a policy.</exception>
    /// <exception cref="InvalidFileException">The run's folder cannot be written to.</exception>
    public async Task RunAsync(IEnumerable<PictureBatch> batches, int workers, CancellationToken cancellationToken)
    {
        ConcurrentQueue<PictureBatch> queue = new(batches);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] running = [.. Enumerable.Range(0, Math.Min(workers, queue.Count)).Select(_ => Task.Run(() => WorkAsync(queue, stop), CancellationToken.None))];
        await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // A worker that failed stops the others, whose cancellation is not what went wrong.
        Task? failed = running.FirstOrDefault(task => task.IsFaulted) ?? running.FirstOrDefault(task => task.IsCanceled);
        if (failed is not null) await failed.ConfigureAwait(false);
    }

    private async Task WorkAsync(ConcurrentQueue<PictureBatch> queue, CancellationTokenSource stop)
    {
        Task recording = Task.CompletedTask;
        try
        {
            while (queue.TryDequeue(out PictureBatch? batch))
            {
                IReadOnlyList<RgbImage>? starts = batch.Start is null ? null : await StartsAsync(batch, stop.Token).ConfigureAwait(false);
                GenerationRequest[] requests = [.. batch.Pictures.Select((picture, i) => Request(picture[0], starts?[i]))];
                IReadOnlyList<GenerationResult> drawn = await pipelines.Of(batch.Policy).GenerateBatchAsync(requests, null, stop.Token).ConfigureAwait(false);
                await recording.ConfigureAwait(false);
                recording = Task.Run(() => recorder.Record(batch, drawn), CancellationToken.None);
            }
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            await recording.ConfigureAwait(false);
        }
    }

    /// <summary>The pictures that a batch's start from: without a protection, not counted, and drawn once for all policies.</summary>
    private async Task<IReadOnlyList<RgbImage>> StartsAsync(PictureBatch batch, CancellationToken cancellationToken)
    {
        (string Prompt, long Seed)[] needed = [.. batch.Pictures.Select(picture => (picture[0].Set.Start!.PromptOf(picture[0].Index), StartPictures.SeedOf(picture[0].Seed)))];
        (string Prompt, long Seed)[] missing = [.. needed.Where(start => !_starts.ContainsKey(start)).Distinct()];
        IReadOnlyList<GenerationResult> drawn = await pipelines.Undefended.GenerateBatchAsync([.. missing.Select(start => Plain(start.Prompt) with { Seed = start.Seed })], null, cancellationToken).ConfigureAwait(false);
        foreach ((int i, (string Prompt, long Seed) start) in missing.Index()) _starts[start] = drawn[i].Images[0];
        return [.. needed.Select(start => _starts[start])];
    }

    private GenerationRequest Request(PlannedPicture picture, RgbImage? start)
    {
        GenerationRequest request = Plain(picture.Prompt.Text) with { Policy = picture.Policy.Policy, Seed = picture.Seed };
        return start is null ? request : request with { InitialImage = start, Strength = picture.Set.Start!.Strength };
    }

    private GenerationRequest Plain(string prompt) => new(prompt)
    {
        Steps = settings.Steps,
        GuidanceScale = settings.GuidanceScale,
        Eta = settings.Eta,
        Width = settings.Width,
        Height = settings.Height,
    };
}
