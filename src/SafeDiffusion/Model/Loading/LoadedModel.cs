using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
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

    private LoadedModel(ModelFolder folder, ModelSettings settings)
    {
        ProviderSettings provider = settings.Provider;
        try
        {
            OnnxModelFile textEncoder = folder.LoadNetwork("text_encoder");
            OnnxModelFile unet = folder.LoadNetwork("unet");
            OnnxModelFile decoder = folder.LoadNetwork("vae_decoder");
            OnnxModelFile? encoder = folder.Has("vae_encoder") ? folder.LoadNetwork("vae_encoder") : null;
            SchedulerSettings scheduler = SchedulerSettings.Load(folder.SchedulerConfig);
            ClipTokenizer tokenizer = ClipTokenizer.Load(folder.Tokenizer);

            Scheduler = new DdimScheduler(scheduler);
            TextEncoder = Own(new TextEncoder(Own(NetworkLoader.Load("text_encoder", textEncoder, provider)), tokenizer));
            Decoder = Own(new VaeDecoder(Own(NetworkLoader.Load("vae_decoder", decoder, provider))));
            Encoder = encoder is null ? null : Own(new VaeEncoder(Own(NetworkLoader.Load("vae_encoder", encoder, provider))));
            OnnxSession session = Own(UNetLoader.Load(unet, settings));
            DetectionLayers = UNetLoader.DetectionLayers(unet, settings);
            Provider = session.Provider;
            OnnxDenoiser denoiser = Own(new OnnxDenoiser(session));
            Denoiser = denoiser;
            Description = new ModelDescriptionBuilder(folder, new ModelGraphs(unet, decoder), denoiser.Signature, this).Build(scheduler);
            WeightsHash = Task.Run(() => Instrumentation.Onnx.WeightsHash.Compute([textEncoder, unet]));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ModelDescription Description { get; }

    /// <summary>What really runs the UNet, as its session says; networks that would run elsewhere than asked for are not loaded.</summary>
    public ExecutionProvider Provider { get; }

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
    public static LoadedModel Load(string folder, ModelSettings? settings = null) => new(new ModelFolder(folder), settings ?? new ModelSettings());

    public void Dispose()
    {
        while (_disposables.TryPop(out IDisposable? disposable)) disposable.Dispose();
    }

    private T Own<T>(T disposable) where T : IDisposable
    {
        _disposables.Push(disposable);
        return disposable;
    }
}
