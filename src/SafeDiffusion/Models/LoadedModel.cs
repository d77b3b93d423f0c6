using SafeDiffusion.Denoising;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Scheduling;
using SafeDiffusion.Sessions;
using SafeDiffusion.TextEncoding;
using SafeDiffusion.Vae;

namespace SafeDiffusion.Models;

/// <summary>A model's networks, tokenizer and scheduler, ready to run.</summary>
internal sealed class LoadedModel : IDisposable
{
    private readonly Stack<IDisposable> _disposables = [];

    private LoadedModel(ModelFolder folder, ProviderSettings provider, AttentionFeatures features, LayerSelection detectionLayers, bool fuseAttention)
    {
        try
        {
            OnnxModelFile textEncoder = folder.LoadNetwork("text_encoder");
            OnnxModelFile unet = folder.LoadNetwork("unet");
            OnnxModelFile decoder = folder.LoadNetwork("vae_decoder");
            OnnxModelFile? encoder = folder.Has("vae_encoder") ? folder.LoadNetwork("vae_encoder") : null;
            SchedulerSettings scheduler = SchedulerSettings.Load(folder.SchedulerConfig);
            ClipTokenizer tokenizer = ClipTokenizer.Load(folder.Tokenizer);

            Scheduler = new DdimScheduler(scheduler);
            TextEncoder = Own(new TextEncoder(Own(OnnxSession.Load("text_encoder", textEncoder, provider)), tokenizer));
            Decoder = Own(new VaeDecoder(Own(OnnxSession.Load("vae_decoder", decoder, provider))));
            Encoder = encoder is null ? null : Own(new VaeEncoder(Own(OnnxSession.Load("vae_encoder", encoder, provider))));
            InstrumentationRecord? record = UNetInstrumentation.RecordOf(unet);
            bool detectedOnDisk = record?.Features.HasFlag(AttentionFeatures.Detect) ?? false;
            DetectionLayers = detectedOnDisk && !features.HasFlag(AttentionFeatures.Detect) ? LayerSelection.ByName([.. record!.DetectionLayers]) : detectionLayers;
            OnnxModelFile instrumented = Instrument(fuseAttention && provider.Provider == ExecutionProvider.Cpu ? Fuse(folder, unet) : unet, record, features, DetectionLayers);
            OnnxSession session = Own(OnnxSession.Load("unet", instrumented, provider, isEdited: instrumented != unet));
            OnnxDenoiser denoiser = Own(new OnnxDenoiser(session));
            Denoiser = denoiser;
            Description = new ModelDescriptionBuilder(folder, unet, denoiser.Signature, this).Build(scheduler);
            WeightsHash = Task.Run(() => Instrumentation.WeightsHash.Compute([textEncoder, unet]));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ModelDescription Description { get; }

    public TextEncoder TextEncoder { get; }

    public IDenoiser Denoiser { get; }

    /// <summary>The layers that detection reads, where the UNet has it.</summary>
    public LayerSelection DetectionLayers { get; }

    public VaeDecoder Decoder { get; }

    /// <summary>The encoder, which only image-to-image needs; null where the model has none.</summary>
    public VaeEncoder? Encoder { get; }

    public DdimScheduler Scheduler { get; }

    /// <summary>The SHA-256 of the text encoder's and the UNet's weights; computed once, in the background.</summary>
    public Task<string> WeightsHash { get; }

    /// <summary>Loads a model folder.</summary>
    /// <exception cref="InvalidFileException">A file is missing, damaged or not of the form that is needed.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    /// <exception cref="GraphNotUnderstoodException">Features are asked for, and the UNet's cross-attention is not understood.</exception>
    public static LoadedModel Load(
        string folder, ProviderSettings provider, AttentionFeatures features = AttentionFeatures.None, LayerSelection? detectionLayers = null,
        bool fuseAttention = true) =>
        new(new ModelFolder(folder), provider, features, detectionLayers ?? LayerSelection.Detection, fuseAttention);

    public void Dispose()
    {
        while (_disposables.TryPop(out IDisposable? disposable)) disposable.Dispose();
    }

    /// <summary>Fuses what pays at the model's own size. A graph that is not understood runs as it is: nobody has asked for more of it.</summary>
    private static OnnxModelFile Fuse(ModelFolder folder, OnnxModelFile unet)
    {
        int size = folder.LoadConfig("unet").Integer("sample_size", 1, ModelDescriptionBuilder.MaxLatentSize) ?? 0;
        if (size * size < UNetFusion.DefaultMinPositions) return unet;
        try
        {
            return UNetFusion.Fuse(unet, size, size);
        }
        catch (GraphNotUnderstoodException)
        {
            return unet;
        }
    }

    /// <summary>Adds features in memory; a model that was instrumented on disk keeps those that it has, in the layers that it has them.</summary>
    private static OnnxModelFile Instrument(OnnxModelFile unet, InstrumentationRecord? record, AttentionFeatures features, LayerSelection detectionLayers)
    {
        if (features == AttentionFeatures.None) return unet;
        AttentionFeatures there = record?.Features ?? AttentionFeatures.None;
        return UNetInstrumentation.Instrument(unet, new InstrumentationOptions
        {
            Features = there | features,
            DetectionLayers = detectionLayers,
            ReweightedLayers = there.HasFlag(AttentionFeatures.Reweight) ? LayerSelection.ByName([.. record!.ReweightedLayers]) : LayerSelection.All,
            InhibitedLayers = there.HasFlag(AttentionFeatures.Inhibit) ? LayerSelection.ByName([.. record!.InhibitedLayers]) : LayerSelection.All,
        });
    }

    private T Own<T>(T disposable) where T : IDisposable
    {
        _disposables.Push(disposable);
        return disposable;
    }
}
