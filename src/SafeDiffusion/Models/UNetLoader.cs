using SafeDiffusion.Instrumentation;
using SafeDiffusion.Sessions;

namespace SafeDiffusion.Models;

/// <summary>Loads a model's UNet: its attention fused where that pays, its cross-attention instrumented where features are asked for.</summary>
internal static class UNetLoader
{
    /// <param name="folder">The model.</param>
    /// <param name="file">Its UNet.</param>
    /// <param name="provider">What runs it. Fused attention is for the CPU alone; it was not measured elsewhere.</param>
    /// <param name="features">What to add; a model that was instrumented on disk keeps those that it has.</param>
    /// <param name="fuseAttention">Whether attention may be fused.</param>
    /// <exception cref="InvalidFileException">ONNX Runtime cannot load it.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    /// <exception cref="GraphNotUnderstoodException">Features are asked for, and the cross-attention is not understood.</exception>
    public static OnnxSession Load(ModelFolder folder, OnnxModelFile file, ProviderSettings provider, AttentionFeatures features, bool fuseAttention)
    {
        OnnxModelFile edited = Instrument(fuseAttention && provider.Provider == ExecutionProvider.Cpu ? Fuse(folder, file) : file, features);
        return OnnxSession.Load("unet", edited, provider, isEdited: edited != file);
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

    private static OnnxModelFile Instrument(OnnxModelFile unet, AttentionFeatures features)
    {
        AttentionFeatures there = UNetInstrumentation.RecordOf(unet)?.Features ?? AttentionFeatures.None;
        return (there | features) == there ? unet : UNetInstrumentation.Instrument(unet, there | features);
    }
}
