using Microsoft.Extensions.Logging;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Detection;
using SafeDiffusion.Generation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
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

    /// <summary>Draws the pictures of a request under its policy, and says what its protections did. Nothing is drawn where one of them could not act.</summary>
    /// <param name="request">What to draw.</param>
    /// <param name="progress">Told after every step; from the first again, where a policy has pictures drawn again (<see cref="GenerationProgress.Redraws"/>).</param>
    /// <param name="cancellationToken">Ends the generation within one network call.</param>
    /// <returns>The pictures and the report.</returns>
    /// <exception cref="InvalidRequestException">A field of the request is out of range, or does not fit the model or the policy.</exception>
    /// <exception cref="InferenceException">A network failed, or gave values that are not finite.</exception>
    /// <exception cref="InvalidFileException">A file of the model was changed since it was loaded.</exception>
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
    /// What to draw. They must agree in size, steps, eta and strength, and ask for at most <see cref="GenerationRequest.MaxCount"/> pictures in all; prompts, seeds, counts, guidance scales and policies may differ.
    /// </param>
    /// <param name="progress">Told after every step of all requests; from the first again, where a policy has pictures drawn again (<see cref="GenerationProgress.Redraws"/>).</param>
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
        RequestCheck.RequireBounded(requests);
        RequireSomethingLooks(requests);
        return await Task.Run(
            async () =>
            {
                PictureOrder[] orders = [.. requests.Select(request => RequestCheck.Resolve(request, _model))];
                RequestCheck.RequireAlike(orders);
                IReadOnlyList<Drawing> drawings = await DrawAsync(orders).ConfigureAwait(false);
                drawings = await new Aftercare(_options.Checkers, DrawAsync, cancellationToken).ApplyAsync(orders, drawings).ConfigureAwait(false);
                foreach (Drawing drawing in drawings) LogWarnings(drawing.Report);
                return (IReadOnlyList<GenerationResult>)[.. drawings.Select(drawing =>
                    new GenerationResult(drawing.Images, drawing.Report) { Latents = drawing.Latents, HeatMaps = drawing.HeatMaps })];
            },
            cancellationToken).ConfigureAwait(false);

        Task<IReadOnlyList<Drawing>> DrawAsync(IReadOnlyList<PictureOrder> orders) =>
            new OrderBatch(_model, _options.ToTools(), orders, progress is null ? null : Report, cancellationToken).RunAsync();

        void Report(DrawingProgress at) => progress!.Report(new(at.Step, at.Steps, at.Rows, at.Elapsed) { Previews = at.Previews, Redraws = at.Pass, Pictures = at.Pictures });
    }

    /// <summary>
    /// Cleans a real picture of what a policy keeps out: encodes it, inverts it by DDIM, denoises it under the policy, decodes it. Where the
    /// policy detects, pixels away from the concept come back as the autoencoder gives them, and a picture that shows nothing of it does whole.
    /// </summary>
    /// <param name="request">The picture, and how to clean it.</param>
    /// <param name="progress">Told after every UNet call.</param>
    /// <param name="cancellationToken">Ends the work within one network call.</param>
    /// <returns>The picture, and the report.</returns>
    /// <exception cref="InvalidRequestException">A field of the request is out of range, or does not fit the model or the policy; or the model has no VAE encoder.</exception>
    /// <inheritdoc cref="GenerateAsync"/>
    public async Task<PurifyResult> PurifyAsync(PurifyRequest request, IProgress<PurifyProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        using IDisposable running = _running.Enter();
        (PaddedPicture picture, GenerationRequest asked) = PurifyCheck.Resolve(request, _model);
        RequireSomethingLooks([asked]);
        return await Task.Run(
            async () =>
            {
                PictureOrder order = RequestCheck.Resolve(asked, _model);
                PurifyResult result = await new Purification(_model, _options.ToTools(), picture, order, progress is null ? null : progress.Report, cancellationToken)
                    .RunAsync(request.Region, request.Dilation).ConfigureAwait(false);
                LogWarnings(result.Report.Generation);
                return result;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A text as the UNet sees it, with its tokens.</summary>
    /// <exception cref="InferenceException">The text encoder failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The pipeline has been disposed.</exception>
    public TextStates EncodeText(string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        using IDisposable running = _running.Enter();
        return _model.TextEncoder.Encode(_model.TextEncoder.Tokenizer.Encode(text), cancellationToken);
    }

    /// <summary>The SHA-256 of the text encoder's and the UNet's weights, in hexadecimal, by which learned assets know their model; computed once, in the background.</summary>
    /// <exception cref="InvalidFileException">A file of the model was changed since it was loaded.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Task<string> GetWeightsHashAsync(CancellationToken cancellationToken = default) => _model.GetWeightsHashAsync(cancellationToken);

    /// <summary>The hash of the model's weights without the weight delta that this pipeline was loaded with, in hexadecimal; null where there is none.</summary>
    public string? BaseWeightsHash => _model.BaseWeightsHash;

    /// <summary>
    /// Reads the detection scores of guideline tokens in a given picture: encodes it, adds noise for each timestep, and asks the UNet there.
    /// The pipeline must be loaded with <see cref="AttentionFeatures.Detect"/>.
    /// </summary>
    /// <param name="image">The picture, of a size that the model allows.</param>
    /// <param name="caption">The text that the UNet is asked under; empty for the null text.</param>
    /// <param name="guidelines">The tokens' embeddings, <c>[K, D]</c> with D the text width.</param>
    /// <param name="timesteps">The training timesteps.</param>
    /// <param name="noise">What is added; drawn from once for each timestep.</param>
    /// <param name="read">Told the scores of each timestep.</param>
    /// <param name="cancellationToken">Ends the work within one network call.</param>
    /// <exception cref="InvalidRequestException">The picture's size does not fit, the model has no VAE encoder, or the pipeline does not detect.</exception>
    /// <exception cref="InferenceException">A network failed, or gave values that are not finite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The pipeline has been disposed.</exception>
    public async Task ReadScoresAsync(
        RgbImage image, string caption, ReadOnlyMemory<float> guidelines, IReadOnlyList<int> timesteps, INoiseSource noise, DetectionScoreSink read,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(timesteps);
        ArgumentNullException.ThrowIfNull(noise);
        ArgumentNullException.ThrowIfNull(read);
        using IDisposable running = _running.Enter();
        RequestCheck.RequirePicture("image", image, image.Width, image.Height, _model);
        TextStates text = EncodeText(caption, cancellationToken);
        await Task.Run(() => new PictureScores(_model, noise, cancellationToken).Read(image, text, guidelines, timesteps, read), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Reads detection scores in finished pictures of the model's own size, as policies that detect look at these: encoded again, noised a little, under
    /// the null text. The pipeline must be loaded with <see cref="AttentionFeatures.Detect"/>.
    /// </summary>
    /// <param name="images">The pictures.</param>
    /// <param name="guidelines">The tokens' embeddings, <c>[K, D]</c> with D the text width.</param>
    /// <param name="seed">The first picture's seed, which its noise is made of; picture <c>i</c> has <c>seed + i</c>.</param>
    /// <param name="cancellationToken">Ends the work within one network call.</param>
    /// <exception cref="InvalidRequestException">A picture's size does not fit, the model has no VAE encoder, or the pipeline does not detect.</exception>
    /// <exception cref="InferenceException">A network failed, or gave values that are not finite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The pipeline has been disposed.</exception>
    public async Task<FinishedScores> ReadFinishedScoresAsync(
        IReadOnlyList<RgbImage> images, ReadOnlyMemory<float> guidelines, long seed, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        using IDisposable running = _running.Enter();
        foreach (RgbImage image in images) RequestCheck.RequirePicture("images", image, image.Width, image.Height, _model);
        TextStates nullText = EncodeText("", cancellationToken);
        int timestep = FinalLook.StepAfter(0, _model).Timestep;
        return await Task.Run(() => new FinishedScores(timestep, [.. images.Select(Read)]), cancellationToken).ConfigureAwait(false);

        ReadOnlyMemory<float> Read(RgbImage image, int index)
        {
            float[] scores = [];
            new PictureScores(_model, FinalLook.NoiseOf(seed + index), cancellationToken).Read(image, nullText, guidelines, [timestep], (_, raw) => scores = raw.ToArray());
            return scores;
        }
    }

    /// <summary>Runs each network once on a small input, which shows what loading does not: operators that fail, shapes that do not fit, values that overflow.</summary>
    /// <param name="progress">Told each network's name before it runs.</param>
    /// <param name="cancellationToken">Ends the work within one network call.</param>
    /// <exception cref="InferenceException">A network failed; the error names it and says what to do.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The pipeline has been disposed.</exception>
    public async Task TryNetworksAsync(IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        using IDisposable running = _running.Enter();
        await Task.Run(() => new NetworkTrial(_model, cancellationToken).Run(progress), cancellationToken).ConfigureAwait(false);
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
            if (_options.Checkers.Count == 0 && !request.Policy.Requirements.Detects)
            {
                throw new InvalidRequestException(
                    "policy", "says what to do when a concept is still detected, but nothing looks. Add detect-and-guide, or a checker (PipelineOptions.Checkers).");
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
