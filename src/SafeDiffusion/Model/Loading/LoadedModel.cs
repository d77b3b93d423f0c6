using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Quantization;
using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Model.Vae;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Model.Loading;

/// <summary>A model's networks, tokenizer and scheduler, ready to run.</summary>
internal sealed class LoadedModel : IDisposable
{
    private readonly Stack<IDisposable> _disposables = [];
    private readonly FileStamps _files;
    private readonly Task<string> _weightsHash;
    private readonly QuantizationRecord? _quantization;

    private LoadedModel(ModelFolder folder, ModelSettings settings)
    {
        ProviderSettings provider = settings.Provider;
        try
        {
            OnnxModelFile textEncoder = folder.LoadNetwork("text_encoder");
            OnnxModelFile unet = folder.LoadNetwork("unet");
            OnnxModelFile decoder = folder.LoadNetwork("vae_decoder");
            OnnxModelFile? encoder = folder.Has("vae_encoder") ? folder.LoadNetwork("vae_encoder") : null;
            _files = FileStamps.Of(new[] { textEncoder, unet, decoder, encoder }.OfType<OnnxModelFile>().SelectMany(Files));
            _quantization = QuantizationRecord.Of(unet);
            if (settings.ChangedWeights is { } changed)
            {
                RequireUnquantized(unet, settings, changed.Source);
                (unet, BaseWeightsHash) = changed.ApplyTo(textEncoder, unet);
                WeightChangeHash = changed.Hash;
            }
            if (settings.Quantization is { } plan)
            {
                (unet, BaseWeightsHash) = InMemoryQuantization.Apply(textEncoder, unet, plan);
                IsQuantizedInMemory = true;
            }
            InMemoryQuantization.RequireAsWritten(decoder);
            bool changesDecoder = settings.Quantization?.VaeDecoder is not null;
            if (settings.Quantization?.VaeDecoder is { } planned) decoder = InMemoryQuantization.Apply(decoder, planned);
            SchedulerSettings scheduler = SchedulerSettings.Load(folder.SchedulerConfig);
            ClipTokenizer tokenizer = ClipTokenizer.Load(folder.Tokenizer);
            if (EmbeddingTable.Rows(textEncoder, "input_ids") is { } rows) tokenizer.RequireIdsBelow(rows);

            Scheduler = new DdimScheduler(scheduler);
            int total = encoder is null ? 3 : 4;
            settings.Loading?.Invoke("text_encoder", 0, total);
            TextEncoder = Own(new TextEncoder(Own(Load("text_encoder", textEncoder)), tokenizer));
            settings.Loading?.Invoke("vae_decoder", 1, total);
            Decoder = Own(new VaeDecoder(Own(Load("vae_decoder", decoder, isEdited: changesDecoder))));
            if (encoder is not null) settings.Loading?.Invoke("vae_encoder", 2, total);
            Encoder = encoder is null ? null : Own(new VaeEncoder(Own(Load("vae_encoder", encoder))));
            settings.Loading?.Invoke("unet", total - 1, total);
            (OnnxSession session, InstrumentationRecord? record) = UNetLoader.Load(unet, settings);
            Own(session);
            DetectionLayers = UNetLoader.DetectionLayers(unet, settings);
            InhibitedLayers = UNetLoader.InhibitedLayers(record);
            Provider = session.Provider;
            OnnxDenoiser denoiser = Own(new OnnxDenoiser(session));
            Denoiser = denoiser;
            Description = new ModelDescriptionBuilder(folder, new ModelGraphs(unet, decoder), denoiser.Signature, this).Build(scheduler);
            settings.Loading?.Invoke("", total, total);
            _weightsHash = Task.Run(() => Instrumentation.Onnx.WeightsHash.Compute([textEncoder, unet]));
        }
        catch
        {
            Dispose();
            throw;
        }

        // Those of a small model take less memory than is worth files of their own.
        OnnxSession Load(string network, OnnxModelFile file, bool isEdited = false) =>
            NetworkLoader.Load(network, file, provider, isEdited, cacheFolder: provider.Provider == ExecutionProvider.Cpu && NetworkLoader.IsLarge(file) ? settings.CacheFolder : null);
    }

    public ModelDescription Description { get; }

    /// <summary>The hash of what the UNet's weights were changed by when it was loaded; null where they are its file's.</summary>
    public string? WeightChangeHash { get; }

    /// <summary>The hash of the model's weights without that change, or before they were quantised in memory; null where neither was.</summary>
    public string? BaseWeightsHash { get; }

    /// <summary>What really runs the UNet, as its session says; networks that would run elsewhere than asked for are not loaded.</summary>
    public ExecutionProvider Provider { get; }

    public TextEncoder TextEncoder { get; }

    public IDenoiser Denoiser { get; }

    /// <summary>The layers that detection reads, where the UNet has it.</summary>
    public LayerSelection DetectionLayers { get; }

    private bool IsQuantizedInMemory { get; }

    /// <summary>The layers in which inhibitors act; none where the UNet has no inhibition.</summary>
    public ImmutableArray<InhibitedLayer> InhibitedLayers { get; }

    public VaeDecoder Decoder { get; }

    /// <summary>The encoder, which only image-to-image needs; null where the model has none.</summary>
    public VaeEncoder? Encoder { get; }

    public DdimScheduler Scheduler { get; }

    /// <summary>Loads a model folder.</summary>
    /// <exception cref="InvalidFileException">A file is missing, damaged or not of the form that is needed.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    /// <exception cref="GraphNotUnderstoodException">Features are asked for, and the UNet's cross-attention is not understood.</exception>
    public static LoadedModel Load(string folder, ModelSettings? settings = null) => new(new ModelFolder(folder), settings ?? new ModelSettings());

    /// <summary>The SHA-256 of the text encoder's and the UNet's weights; computed once, in the background.</summary>
    /// <exception cref="InvalidFileException">A file was changed since the model was loaded, so that the hash may not be that of what draws.</exception>
    public async Task<string> GetWeightsHashAsync(CancellationToken cancellationToken)
    {
        string hash = await _weightsHash.WaitAsync(cancellationToken).ConfigureAwait(false);
        RequireUnchanged();
        return hash;
    }

    /// <summary>
    /// The hash of the float model that the UNet was quantised from, in memory or on disk; null where it is not quantised, or where its weights
    /// or the text encoder's are no longer those that were written then.
    /// </summary>
    /// <exception cref="InvalidFileException">A file was changed since the model was loaded.</exception>
    public async Task<string?> GetFloatWeightsHashAsync(CancellationToken cancellationToken)
    {
        if (IsQuantizedInMemory) return BaseWeightsHash;
        if (_quantization is null) return null;
        return await GetWeightsHashAsync(cancellationToken).ConfigureAwait(false) == _quantization.ModelHash ? _quantization.BaseModelHash : null;
    }

    /// <summary>Refuses to go on where a network's file was changed: large weights are mapped, not read, so that what draws would change with them.</summary>
    /// <exception cref="InvalidFileException">A file was changed since the model was loaded.</exception>
    public void RequireUnchanged()
    {
        if (_files.FindChanged() is not { } file) return;
        throw new InvalidFileException(file, "was changed while the model was loaded, so that nobody knows what draws. Load the model again.");
    }

    public void Dispose()
    {
        while (_disposables.TryPop(out IDisposable? disposable)) disposable.Dispose();
    }

    /// <summary>A delta is of float weights.</summary>
    private static void RequireUnquantized(OnnxModelFile unet, ModelSettings settings, string delta)
    {
        if (QuantizationRecord.Of(unet) is not null)
            throw new InvalidFileException(delta, $"changes float weights, and {unet.Path} is quantised. Apply before quantising: use it with the float model");
        if (settings.Quantization is not null)
            throw new InvalidFileException(delta, "changes weights that the plan of the quantisation was not calibrated with. Use one of the two");
    }

    private static IEnumerable<string> Files(OnnxModelFile network) =>
        network.ExternalDataFiles.Select(file => Path.Combine(network.Folder, file)).Prepend(network.Path);

    private T Own<T>(T disposable) where T : IDisposable
    {
        _disposables.Push(disposable);
        return disposable;
    }
}
