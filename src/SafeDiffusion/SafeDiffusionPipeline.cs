using Microsoft.Extensions.Logging;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Generation;
using SafeDiffusion.Instrumentation.Editing;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Policies;
using SafeDiffusion.Reporting;

namespace SafeDiffusion;

/// <summary>
/// A Stable Diffusion v1 model in ONNX Runtime that draws under a safety policy. Loaded once, then used for any number of
/// generations, also from several threads at a time.
/// </summary>
public sealed class SafeDiffusionPipeline : IAsyncDisposable, IDisposable
{
    private readonly LoadedModel _model;
    private readonly PipelineOptions _options;
    private readonly RunningCount _running = new();

    private SafeDiffusionPipeline(LoadedModel model, PipelineOptions options)
    {
        _model = model;
        _options = options;
    }

    /// <summary>What the model is, as its files say.</summary>
    public ModelDescription Model => _model.Description;

    /// <summary>Loads a model folder in the diffusers layout (docs/models.md).</summary>
    /// <param name="modelFolder">The folder that holds <c>unet/model.onnx</c>.</param>
    /// <param name="options">How to run it; the defaults are a CPU run.</param>
    /// <param name="cancellationToken">Gives up before a step of loading; a network that is being loaded is loaded to its end.</param>
    /// <exception cref="InvalidFileException">A file is missing, damaged or not of the form that is needed.</exception>
    /// <exception cref="InvalidRequestException">An option is out of range.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    /// <exception cref="GraphNotUnderstoodException">Attention features are asked for, and the UNet's cross-attention is not understood.</exception>
    public static async Task<SafeDiffusionPipeline> LoadAsync(
        string modelFolder, PipelineOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new PipelineOptions();
        if (options.MaxUNetRows < 1) throw new InvalidRequestException("maxUNetRows", $"must be at least 1, and is {options.MaxUNetRows}.");
        if (options.Threads is < 1) throw new InvalidRequestException("threads", $"must be at least 1, and is {options.Threads}.");
        LoadedModel model = await Task.Run(() => LoadedModel.Load(modelFolder, options.ToModelSettings()), cancellationToken).ConfigureAwait(false);
        return new SafeDiffusionPipeline(model, options);
    }

    /// <summary>Draws.</summary>
    /// <param name="request">What to draw.</param>
    /// <param name="progress">Told after every step; from the first again, where a policy has pictures drawn again.</param>
    /// <param name="cancellationToken">Ends the generation within one network call.</param>
    /// <returns>The pictures and the report.</returns>
    /// <exception cref="InvalidRequestException">A field of the request is out of range, or does not fit the model or the policy.</exception>
    /// <exception cref="InferenceException">A network failed, or gave values that are not finite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The pipeline has been disposed.</exception>
    public async Task<GenerationResult> GenerateAsync(
        GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return (await GenerateBatchAsync([request], progress, cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>
    /// Draws several requests together: their rows share UNet calls, their texts are encoded once, their pictures are decoded together.
    /// All begin at once, so memory grows with their number.
    /// </summary>
    /// <param name="requests">
    /// What to draw. They must agree in size, steps, guidance scale, eta and strength; prompts, seeds, counts and policies may differ.
    /// </param>
    /// <param name="progress">Told after every step of all requests; from the first again, where a policy has pictures drawn again.</param>
    /// <param name="cancellationToken">Ends the generation within one network call.</param>
    /// <returns>A result for each request, in their order. A report's times are the request's share, by rows, of what all took.</returns>
    /// <exception cref="InvalidRequestException">A field of a request is out of range, does not fit the model or the policy, or differs from the other requests'.</exception>
    /// <inheritdoc cref="GenerateAsync"/>
    public async Task<IReadOnlyList<GenerationResult>> GenerateBatchAsync(
        IReadOnlyList<GenerationRequest> requests, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        using IDisposable running = _running.Enter();
        if (requests.Count == 0) return [];
        RequireSomethingLooks(requests);
        return await Task.Run(
            async () =>
            {
                IReadOnlyList<GenerationResult> results = await DrawAsync(requests).ConfigureAwait(false);
                results = await new Aftercare(_options.Checkers, DrawAsync, cancellationToken).ApplyAsync(requests, results).ConfigureAwait(false);
                foreach (GenerationResult result in results) LogWarnings(result.Report);
                return results;
            },
            cancellationToken).ConfigureAwait(false);

        Task<IReadOnlyList<GenerationResult>> DrawAsync(IReadOnlyList<GenerationRequest> wanted) =>
            new GenerationBatch(_model, _options, wanted, progress, cancellationToken).RunAsync();
    }

    /// <summary>Frees the networks, once the running generations have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_running.Close()) return;
        await _running.Ended.ConfigureAwait(false);
        _model.Dispose();
    }

    /// <summary>Frees the networks, once the running generations have ended; blocks until then.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Refuses a policy that says what to do when a concept is still detected, where nothing would detect it.</summary>
    private void RequireSomethingLooks(IReadOnlyList<GenerationRequest> requests)
    {
        foreach (GenerationRequest request in requests)
        {
            if (request.Policy.Remedy is not { } remedy) continue;
            if (_options.Checkers.Count == 0 && !request.Policy.RequiredFeatures.HasFlag(AttentionFeatures.Detect))
            {
                throw new InvalidRequestException(
                    "policy", "says what to do when a concept is still detected, but nothing looks. Add detect-and-guide, or a checker in PipelineOptions.Checkers.");
            }
            if (remedy.Action == RemedialAction.Regenerate && request.InitialLatents is not null)
            {
                throw new InvalidRequestException("initialLatents", "are given, so that drawing again would draw the same. Leave them out, or choose another action than regenerate.");
            }
        }
    }

    private void LogWarnings(GenerationReport report)
    {
        if (_options.LoggerFactory is null || report.Warnings.Count == 0) return;
        ILogger logger = _options.LoggerFactory.CreateLogger(Telemetry.Name);
        foreach (ReportWarning warning in report.Warnings) logger.LogWarning("{Code}: {Message}", warning.Code, warning.Message);
    }

    /// <summary>Counts running generations, so that a session is never disposed while it runs.</summary>
    private sealed class RunningCount
    {
        private readonly Lock _lock = new();
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;
        private bool _closed;

        public Task Ended => _ended.Task;

        public IDisposable Enter()
        {
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_closed, typeof(SafeDiffusionPipeline));
                _count++;
            }
            return new Leaving(this);
        }

        /// <summary>Lets no generation begin any more; false where that was so already.</summary>
        public bool Close()
        {
            lock (_lock)
            {
                if (_closed) return false;
                _closed = true;
                if (_count == 0) _ended.SetResult();
                return true;
            }
        }

        private void Leave()
        {
            lock (_lock)
            {
                if (--_count == 0 && _closed) _ended.SetResult();
            }
        }

        private sealed class Leaving(RunningCount running) : IDisposable
        {
            public void Dispose() => running.Leave();
        }
    }
}
