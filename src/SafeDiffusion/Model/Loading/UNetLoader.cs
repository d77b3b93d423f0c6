using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Editing;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Model.Loading;

/// <summary>Loads a model's UNet: its attention fused where that pays, its cross-attention instrumented where features are asked for.</summary>
internal static class UNetLoader
{
    /// <param name="file">The UNet.</param>
    /// <param name="settings">What to add to it, and how to run it. Fused attention and the cache are for the CPU alone; they were not measured elsewhere.</param>
    /// <exception cref="InvalidFileException">ONNX Runtime cannot load it.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    /// <exception cref="GraphNotUnderstoodException">Features are asked for, and the cross-attention is not understood.</exception>
    /// <returns>The session, and what was added to the graph that it runs; null where nothing was.</returns>
    public static (OnnxSession Session, InstrumentationRecord? Record) Load(OnnxModelFile file, ModelSettings settings)
    {
        NetworkLoader.RequireKernels(file, settings.Provider);
        bool isCpu = settings.Provider.Provider == ExecutionProvider.Cpu;
        // In a small network the choices by size cost as much as they can save.
        bool fuses = settings.FuseAttention && isCpu && NetworkLoader.IsLarge(file);
        OnnxModelFile edited = Instrument(fuses ? Fuse(file) : file, settings);
        OnnxSession session = NetworkLoader.Load("unet", edited, settings.Provider, isEdited: edited != file || settings.ChangedWeights is not null || settings.Quantization is not null, isCpu ? settings.CacheFolder : null);
        return (session, UNetInstrumentation.RecordOf(edited));
    }

    /// <summary>The layers that detection reads in a UNet that is loaded with these settings, where it detects at all.</summary>
    public static LayerSelection DetectionLayers(OnnxModelFile file, ModelSettings settings)
    {
        if (settings.AttentionFeatures.HasFlag(AttentionFeatures.Detect)) return settings.DetectionLayers;
        return Layers(UNetInstrumentation.RecordOf(file)?.DetectionLayers, settings.DetectionLayers);
    }

    /// <summary>The layers in which inhibitors act, in the order of their responses.</summary>
    public static ImmutableArray<InhibitedLayer> InhibitedLayers(InstrumentationRecord? record)
    {
        if (record is null) return [];
        IEnumerable<InhibitedLayer> all = record.Layers.Select((layer, index) => new InhibitedLayer(index, layer.Name, layer.GridFactor));
        return [.. record.InhibitedLayers.Select(name => all.First(layer => layer.Name == name))];
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

    /// <summary>Adds features in memory; a model that was instrumented on disk keeps those that it has, in the layers that it has them.</summary>
    private static OnnxModelFile Instrument(OnnxModelFile unet, ModelSettings settings)
    {
        if (settings.AttentionFeatures == AttentionFeatures.None) return unet;
        InstrumentationRecord? record = UNetInstrumentation.RecordOf(unet);
        return UNetInstrumentation.Instrument(unet, new InstrumentationOptions
        {
            Features = settings.AttentionFeatures | (record?.Features ?? AttentionFeatures.None),
            DetectionLayers = DetectionLayers(unet, settings),
            ReweightedLayers = Layers(record?.ReweightedLayers, LayerSelection.All),
            InhibitedLayers = Layers(record?.InhibitedLayers, LayerSelection.All),
        });
    }

    private static LayerSelection Layers(IReadOnlyList<string>? onDisk, LayerSelection otherwise) =>
        onDisk is { Count: > 0 } ? LayerSelection.ByName([.. onDisk]) : otherwise;
}
