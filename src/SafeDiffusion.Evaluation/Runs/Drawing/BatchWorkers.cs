using System.Collections.Concurrent;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Runs.Planning;
using SafeDiffusion.Evaluation.Suites;

namespace SafeDiffusion.Evaluation.Runs.Drawing;

/// <summary>Draws batches, several at a time; while a worker draws one, what came of the one before is judged and written.</summary>
internal sealed class BatchWorkers(SuitePipelines pipelines, SuiteSettings settings, BatchRecorder recorder)
{
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
                IReadOnlyList<GenerationResult> drawn = await pipelines.Of(batch.Policy).GenerateBatchAsync([.. batch.Pictures.Select(Request)], null, stop.Token).ConfigureAwait(false);
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

    private GenerationRequest Request(IReadOnlyList<PlannedPicture> picture) => new(picture[0].Prompt.Text)
    {
        Policy = picture[0].Policy.Policy,
        Seed = picture[0].Seed,
        Steps = settings.Steps,
        GuidanceScale = settings.GuidanceScale,
        Eta = settings.Eta,
        Width = settings.Width,
        Height = settings.Height,
    };
}
