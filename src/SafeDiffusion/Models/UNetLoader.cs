using SafeDiffusion.Instrumentation;
using SafeDiffusion.Sessions;

namespace SafeDiffusion.Models;

/// <summary>Loads a model's UNet: its attention fused where that pays, its cross-attention instrumented where features are asked for.</summary>
internal static class UNetLoader
{
    /// <param name="file">The UNet.</param>
    /// <param name="provider">What runs it. Fused attention is for the CPU alone; it was not measured elsewhere.</param>
    /// <param name="features">What to add; a model that was instrumented on disk keeps those that it has.</param>
    /// <param name="fuseAttention">Whether attention may be fused.</param>
    /// <param name="cacheFolder">Where it is kept as ONNX Runtime has optimised it, on the CPU; null for nowhere.</param>
    /// <exception cref="InvalidFileException">ONNX Runtime cannot load it.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    /// <exception cref="GraphNotUnderstoodException">Features are asked for, and the cross-attention is not understood.</exception>
    public static OnnxSession Load(OnnxModelFile file, ProviderSettings provider, AttentionFeatures features, bool fuseAttention,
        string? cacheFolder = null)
    {
        bool isCpu = provider.Provider == ExecutionProvider.Cpu;
        OnnxModelFile edited = Instrument(fuseAttention && isCpu ? Fuse(file) : file, features);
        return OnnxSession.Load("unet", edited, provider, isEdited: edited != file, isCpu ? cacheFolder : null);
    }

    /// <summary>Fuses where it pays, by the size of each picture. A graph that is not understood runs as it is: nobody has asked for more of it.</summary>
    private static OnnxModelFile Fuse(OnnxModelFile unet)
    {
        try
        {
            return UNetFusion.FuseBySize(unet);
        }
        catch (GraphNotUnderstoodException)
        {
            return unet;
        }
    }

    private static OnnxModelFile Instrument(OnnxModelFile unet, AttentionFeatures features)
    {
        AttentionFeatures there = UNetInstrumentation.RecordOf(unet)?.Features ?? AttentionFeatures.None;
        return (there | features) == there ? unet : UNetInstrumentation.Instrument(unet, there | features);
    }
}
