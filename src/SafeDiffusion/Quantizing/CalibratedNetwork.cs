using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Quantization;
using SafeDiffusion.Model;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Quantizing;

/// <summary>A network that is to be quantised, and the ways to make variants of it.</summary>
/// <param name="Name">The network's name: its folder in the model.</param>
/// <param name="File">The float network.</param>
/// <param name="Layers">The layers that could be quantised.</param>
internal abstract record CalibratedNetwork(string Name, OnnxModelFile File, IReadOnlyList<QuantizableLayer> Layers)
{
    /// <summary>The network with some of its values as further outputs.</summary>
    public abstract OnnxModelFile Observe(IReadOnlyCollection<string> values);

    /// <summary>The network with layers in whole numbers.</summary>
    public abstract OnnxModelFile Apply(IReadOnlyList<QuantizedLayer> layers);

    /// <summary>Loads a variant to ask it.</summary>
    public NetworkProbe Probe(OnnxModelFile variant, ProviderSettings provider, LatentShape shape, params IReadOnlyList<string> observed) =>
        Probe(NetworkLoader.Load(Name, variant, provider, isEdited: true), shape, observed);

    protected abstract NetworkProbe Probe(OnnxSession session, LatentShape shape, IReadOnlyList<string> observed);
}

/// <summary>The UNet.</summary>
internal sealed record CalibratedUNet(OnnxModelFile File) : CalibratedNetwork("unet", File, UNetQuantization.Layers(File))
{
    public override OnnxModelFile Observe(IReadOnlyCollection<string> values) => UNetQuantization.Observe(File, values);

    public override OnnxModelFile Apply(IReadOnlyList<QuantizedLayer> layers) => UNetQuantization.Apply(File, layers, "calibration");

    protected override NetworkProbe Probe(OnnxSession session, LatentShape shape, IReadOnlyList<string> observed) => new UNetProbe(session, shape, observed);
}

/// <summary>The VAE decoder.</summary>
internal sealed record CalibratedDecoder(OnnxModelFile File) : CalibratedNetwork("vae_decoder", File, DecoderQuantization.Layers(File))
{
    public override OnnxModelFile Observe(IReadOnlyCollection<string> values) => DecoderQuantization.Observe(File, values);

    public override OnnxModelFile Apply(IReadOnlyList<QuantizedLayer> layers) => DecoderQuantization.Apply(File, layers, "calibration");

    protected override NetworkProbe Probe(OnnxSession session, LatentShape shape, IReadOnlyList<string> observed) => new DecoderProbe(session, shape, observed);
}
